// Text from data: what would act, hide or turn round other text is shown as a mark.
import { html } from "./html.js";

// Control characters but tab and newline, marks and overrides of direction, zero width, soft hyphen,
// line separators, invisible operators and tags, and halves of surrogate pairs.
const UNSAFE =
  /(?:[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]|[\u{e0000}-\u{e007f}])+/gu;
const MOST_NAMED = 3;

/**
 * @param {string} text
 * @param {string} sought
 * @returns {any[]} the text with every occurrence of what is sought marked, in any case
 */
export function found(text, sought) {
  if (sought === "") return shown(text);
  const parts = [];
  const [all, wanted] = [text.toLowerCase(), sought.toLowerCase()];
  // Where lower case has another length, places would not be the same.
  let at = all.length === text.length ? all.indexOf(wanted) : -1;
  let start = 0;
  while (at >= 0) {
    parts.push(...shown(text.slice(start, at)));
    start = at + wanted.length;
    parts.push(html`<mark>${shown(text.slice(at, start))}</mark>`);
    at = all.indexOf(wanted, start);
  }
  parts.push(...shown(text.slice(start)));
  return parts;
}

/**
 * @param {string} text
 * @param {string} sought
 * @returns {number} how often `found` marks what is sought
 */
export function timesFound(text, sought) {
  const [all, wanted] = [text.toLowerCase(), sought.toLowerCase()];
  if (sought === "" || all.length !== text.length) return 0;
  let times = 0;
  for (let at = all.indexOf(wanted); at >= 0; at = all.indexOf(wanted, at + wanted.length)) times += 1;
  return times;
}

/**
 * @param {string} text
 * @returns {any[]} text nodes, and a mark for each run of what cannot be seen
 */
export function shown(text) {
  const parts = [];
  let start = 0;
  for (const { 0: run, index } of text.matchAll(UNSAFE)) {
    if (index > start) parts.push(text.slice(start, index));
    const name = nameOf(run);
    parts.push(html`<span class="mark" title=${"invisible " + name}>${name}</span>`);
    start = index + run.length;
  }
  parts.push(text.slice(start));
  return parts;
}

/**
 * @param {string} run
 * @returns {string} what it consists of, such as "U+200B × 3"
 */
function nameOf(run) {
  const codes = [...run].map((each) => each.codePointAt(0) ?? 0);
  const names = [...new Set(codes)].map((code) => "U+" + code.toString(16).toUpperCase().padStart(4, "0"));
  const told = names.slice(0, MOST_NAMED).join(" ") + (names.length > MOST_NAMED ? " …" : "");
  return codes.length === names.length && names.length <= MOST_NAMED ? told : `${told} × ${codes.length.toLocaleString("en")}`;
}

/**
 * What went wrong, and what helps.
 * @param {{ error: { message: string, hint?: string | null } | null, isLine?: boolean }} props `isLine` across the page
 */
export function Failure({ error, isLine = false }) {
  if (error === null) return null;
  return html`<p class=${isLine ? "command error" : "error"} role="alert">${shown(error.message)}
    ${error.hint && html`<span class="hint">${shown(error.hint)}</span>`}</p>`;
}
