// Hooks of the page: the list, the example that is read, answers of the API, and keys.
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./vendor/hooks.js";
import { get } from "./api.js";
import { Pages } from "./pages.js";
import { queryOf } from "./state.js";

// So far that a key every 30 milliseconds, which is faster than one can read, finds rows and examples.
const READ_AHEAD = 12;
const ROWS_AHEAD = 40;
const AGAIN_MS = 500;

/**
 * The pages of a view's list; a new list where the filter or the order is another one.
 * @param {import("./state.js").View} view
 * @param {(error: any) => void} onError
 */
export function useList(view, onError) {
  const [, setCount] = useState(0);
  const [run, setRun] = useState(0);
  const query = queryOf(view);
  const pages = useMemo(
    () => new Pages(view, () => setCount((before) => before + 1), onError),
    [query, run],
  );
  useLayoutEffect(() => {
    onError(null);
    pages.want(view.place, view.place);
    return () => pages.drop();
  }, [pages]);
  useEffect(() => {
    if (pages.total !== null && view.place < pages.total) pages.want(view.place, Math.min(view.place + ROWS_AHEAD, pages.total - 1));
  }, [pages, pages.total, view.place]);
  return { pages, again: () => setRun((before) => before + 1) };
}

/**
 * The example at the place of a view. Those after it are read ahead, so that the next is there at once.
 * @param {import("./state.js").View} view
 * @param {{ pages: Pages }} list
 */
export function useExample(view, list) {
  const [, setCount] = useState(0);
  const kept = useMemo(() => /** @type {Map<number, any>} */ (new Map()), [list.pages]);
  const failed = useMemo(() => /** @type {Map<number, any>} */ (new Map()), [list.pages]);
  const total = list.pages.total ?? 0;
  const read = useCallback(
    async (/** @type {number} */ place, isWhole = false) => {
      if (kept.has(place) && !isWhole) return;
      kept.set(place, kept.get(place) ?? null);
      failed.delete(place);
      try {
        const path = `/api/example?${list.pages.query}&place=${place}${isWhole ? "&whole=1" : ""}`;
        const answer = await get(path);
        if (list.pages.isOfThis(answer)) kept.set(place, answer.example);
      } catch (error) {
        kept.delete(place);
        failed.set(place, error);
      }
      setCount((before) => before + 1);
    },
    [kept, list.pages],
  );
  useEffect(() => {
    if (view.place >= total) return;
    read(view.place);
    for (let ahead = 1; ahead <= READ_AHEAD; ahead += 1) {
      if (view.place + ahead < total) read(view.place + ahead);
    }
    for (const place of kept.keys()) if (Math.abs(place - view.place) > 50) kept.delete(place);
  }, [read, view.place, total]);
  const refused = failed.get(view.place) ?? null;
  return { found: kept.get(view.place) ?? null, refused, readWhole: () => read(view.place, true) };
}

/**
 * What the API answers, null until it does; late answers to what is not asked any more are dropped.
 * @param {string | null} path null to ask nothing yet
 * @param {(error: any) => void} onError
 * @param {unknown} [version] asked again when it changes; the answer before stays until then
 */
export function useAnswer(path, onError, version) {
  const [answer, setAnswer] = useState(/** @type {any} */ (null));
  const shown = useRef(path);
  useEffect(() => {
    let isDropped = false;
    if (shown.current !== path) setAnswer(null);
    shown.current = path;
    if (path === null) return;
    const ask = () =>
      get(path).then(
        (found) => isDropped || setAnswer(found),
        (error) => {
          if (isDropped) return;
          // Another tab of the same person asked for a count of its own.
          if (error.code === "count-superseded") setTimeout(ask, AGAIN_MS);
          else onError(error);
        },
      );
    ask();
    return () => {
      isDropped = true;
    };
  }, [path, version]);
  return answer;
}

const QUIET_MS = 3_000;

/**
 * @param {import("./labels.js").Labels} labels
 * @returns {string} the version of the stage, as it was when nobody here had labelled for a while
 */
export function useSettled(labels) {
  const settled = useRef("");
  const isQuiet = Date.now() - labels.lastAt > QUIET_MS;
  if (labels.now !== null && (settled.current === "" || isQuiet)) settled.current = labels.now.staged;
  return settled.current;
}

let focusing = 0;

/**
 * Moves the focus, unless it is moved elsewhere before that: keys that follow at once mean what they are typed into.
 * @param {string} selector what gets the focus once it is shown
 * @param {boolean} [ifNowhere] only where nothing else has it
 */
export function focusOn(selector, ifNowhere = false) {
  const before = document.activeElement;
  // Of two in one frame the later counts.
  cancelAnimationFrame(focusing);
  focusing = requestAnimationFrame(() => {
    const now = document.activeElement;
    if (now !== document.body && (ifNowhere || now !== before)) return;
    /** @type {HTMLElement | null} */ (document.querySelector(selector))?.focus({ preventScroll: true });
  });
}

/** @returns {boolean} whether keys of one sign do nothing: speech input types them unasked */
export function areKeysOff() {
  return localStorage.getItem("vault.keys") === "off";
}

export function showKeys() {
  document.documentElement.classList.toggle("keyless", areKeysOff());
}

/**
 * @param {(by: number) => void} move
 * @param {number} total
 * @param {(isReading: boolean) => void} setReading
 * @returns {Record<string, () => void>} the keys that go through a list, to what is read of it, and back
 */
export function movingKeys(move, total, setReading) {
  return {
    j: () => move(1),
    ArrowDown: () => move(1),
    k: () => move(-1),
    ArrowUp: () => move(-1),
    PageDown: () => move(10),
    PageUp: () => move(-10),
    Home: () => move(-total),
    End: () => move(total),
    Enter: () => {
      setReading(true);
      focusOn(".pane");
    },
    Escape: () => {
      setReading(false);
      focusOn(".list");
    },
  };
}

// A key that is held goes on moving, and does nothing else again: it would label what nobody has read.
const MOVING = ["j", "k", "ArrowDown", "ArrowUp", "PageDown", "PageUp"];
const SCROLLING = ["ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End"];

/** @param {Record<string, () => void>} keys */
export function useKeys(keys) {
  const now = useRef(keys);
  now.current = keys;
  // Before the page is seen: no key is lost.
  useLayoutEffect(() => {
    showKeys();
    const press = (/** @type {KeyboardEvent} */ event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      const isTyping = target.matches("input, textarea, select");
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key.length === 1 && areKeysOff()) return;
      // A dialog has the keyboard to itself, and what is read is scrolled by the keys for that.
      if (document.querySelector("dialog[open]") !== null) return;
      if (SCROLLING.includes(event.key) && target.closest(".pane, .scrolled, .facets")) return;
      if (isTyping && event.key !== "Escape") return;
      if (event.key === "Enter" && target.matches("button, summary, a")) return;
      const act = now.current[event.key];
      if (act === undefined) return;
      event.preventDefault();
      if (isTyping) target.blur();
      else if (!event.repeat || MOVING.includes(event.key)) act();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}
