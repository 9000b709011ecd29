// How examples are read: readable or raw, as the chat or as a trainer sees it. The tab remembers.
import { useEffect, useLayoutEffect, useState } from "../../vendor/hooks.js";
import { get } from "../../api.js";
import { areKeysOff } from "../../use.js";

const KEYS = /** @type {Record<string, string>} */ ({ r: "raw", t: "trainer" });
const watching = /** @type {Set<() => void>} */ (new Set());

/** @param {string} name */
function chosen(name) {
  return sessionStorage.getItem("vault." + name);
}

/**
 * @param {string} name
 * @param {string} value
 */
function choose(name, value) {
  sessionStorage.setItem("vault." + name, value);
  for (const each of watching) each();
}

/**
 * @param {string} name
 * @param {string} usual
 * @returns {[string, (value: string) => void]} a choice that the tab remembers
 */
export function useChoice(name, usual) {
  const [, setCount] = useState(0);
  useLayoutEffect(() => {
    const changed = () => setCount((before) => before + 1);
    watching.add(changed);
    return () => {
      watching.delete(changed);
    };
  }, []);
  return [chosen(name) ?? usual, (value) => choose(name, value)];
}

/**
 * @param {string} name
 * @returns {[boolean, () => void]} a switch that the tab remembers, and what turns it
 */
export function useSwitch(name) {
  const [value, setValue] = useChoice(name, "");
  return [value === "yes", () => setValue(value === "yes" ? "" : "yes")];
}

// Not of the example: the keys work, too, while the next one is on its way.
addEventListener("keydown", (event) => {
  const name = KEYS[event.key];
  const target = /** @type {HTMLElement} */ (event.target);
  if (name === undefined || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || areKeysOff()) return;
  if (target.matches("input, textarea, select") || document.querySelector("dialog[open]") !== null) return;
  if (document.querySelector(".pane") !== null) choose(name, chosen(name) === "yes" ? "" : "yes");
});

/**
 * What the API answers about the example: asked once it has been read for a moment, since who goes
 * through examples by a key that is held down wants none of it.
 * @param {string | null} path null to ask nothing
 * @param {{ delay?: number, isDone?: (answer: any) => boolean }} [settings] asked again until it is done
 * @returns {{ answer: any, refused: any }}
 */
export function useAsked(path, { delay = 150, isDone = () => true } = {}) {
  const [state, setState] = useState(/** @type {{ path: any, answer: any, refused: any }} */ ({ path: null, answer: null, refused: null }));
  useEffect(() => {
    if (path === null) return;
    let due = 0;
    let isDropped = false;
    const ask = () =>
      get(path).then(
        (answer) => {
          if (isDropped) return;
          if (isDone(answer)) setState({ path, answer, refused: null });
          else due = setTimeout(ask, 1_000);
        },
        (refused) => isDropped || setState({ path, answer: null, refused }),
      );
    due = setTimeout(ask, delay);
    return () => {
      isDropped = true;
      clearTimeout(due);
    };
  }, [path]);
  return state.path === path ? state : { answer: null, refused: null };
}

/**
 * Leads the eye and the keyboard to another part of the example that is read.
 * @param {Element | null} from somewhere in the example
 * @param {string} selector
 */
export function goTo(from, selector) {
  const found = /** @type {HTMLElement | null | undefined} */ (from?.closest(".example")?.querySelector(selector));
  found?.scrollIntoView({ block: "center" });
  found?.focus({ preventScroll: true });
}
