// A JSON value, written out: texts that hold JSON are opened, numbers stay as they stand.
import { html } from "../../html.js";
import { Exact, valueOf } from "../../api.js";
import { found } from "../../text.js";

const MOST_OPENED = 200_000;
const MOST_DEPTH = 4;

/** @param {{ value: unknown, sought?: string, isRaw?: boolean }} props */
export function Json({ value, sought = "", isRaw = false }) {
  const state = { hasOpened: false };
  const opened = isRaw ? value : openedIn(value, 0, state);
  return html`<pre class="json">${found(JSON.stringify(opened, null, 2) ?? "", sought)}</pre>
    ${state.hasOpened && html`<p class="aside">A text that holds JSON is opened here.</p>`}`;
}

/**
 * @param {string} text
 * @returns {unknown} the object or list that a text holds as JSON, undefined if it holds none
 */
export function valueIn(text) {
  if (text.length > MOST_OPENED || !/^\s*[[{]/.test(text)) return undefined;
  const value = valueOf(text);
  return typeof value === "object" && value !== null && !(value instanceof Exact) ? value : undefined;
}

/**
 * @param {unknown} value
 * @param {number} depth
 * @param {{ hasOpened: boolean }} state
 * @returns {unknown}
 */
function openedIn(value, depth, state) {
  if (typeof value === "string") {
    const inner = depth < MOST_DEPTH ? valueIn(value) : undefined;
    if (inner === undefined) return value;
    state.hasOpened = true;
    return openedIn(inner, depth + 1, state);
  }
  if (value === null || typeof value !== "object" || value instanceof Exact || depth > 40) return value;
  if (Array.isArray(value)) return value.map((each) => openedIn(each, depth + 1, state));
  const pairs = Object.entries(value).map(([name, each]) => [name, openedIn(each, depth + 1, state)]);
  return Object.fromEntries(pairs);
}
