// Text from data: what would act, hide or turn round other text is shown as a mark.
import { html } from "./html.js";

// Control characters but tab and newline, marks and overrides of direction, zero width, soft hyphen,
// line separators, invisible operators and tags, and halves of surrogate pairs.
const UNSAFE =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]|[\u{e0000}-\u{e007f}]/u;

/**
 * Parts a text into blocks of code, which stand between lines of three backticks, and what is around
 * them. Reads each line once: a pattern would go over the whole text again for each line that opens.
 * @param {string} text
 * @returns {{ text: string, language: string | null }[]} null for what is no code
 */
export function blocksOf(text) {
  const blocks = /** @type {{ text: string, language: string | null }[]} */ ([]);
  const around = (/** @type {number} */ from, /** @type {number} */ to) => {
    while (from < to && text[from] === "\n") from += 1;
    while (from < to && text[to - 1] === "\n") to -= 1;
    if (from < to) blocks.push({ text: text.slice(from, to), language: null });
  };
  let start = 0;
  let opened = -1;
  for (let at = 0, stop = 0; at <= text.length; at = stop + 1) {
    stop = text.indexOf("\n", at);
    if (stop === -1) stop = text.length;
    if (!text.startsWith("```", at)) continue;
    if (opened === -1) opened = at;
    else if (text.slice(at + 3, stop).trim() === "") {
      around(start, opened);
      const code = text.indexOf("\n", opened) + 1;
      blocks.push({
        text: text.slice(code, Math.max(code, at - 1)),
        language: text.slice(opened + 3, code).trim(),
      });
      start = stop;
      opened = -1;
    }
  }
  around(start, text.length);
  return blocks;
}

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
 * @returns {any[]} text nodes, and marks for what cannot be seen
 */
export function shown(text) {
  const parts = [];
  let start = 0;
  let at = 0;
  for (const character of text) {
    if (UNSAFE.test(character)) {
      if (at > start) parts.push(text.slice(start, at));
      const code = character.codePointAt(0) ?? 0;
      const name = "U+" + code.toString(16).toUpperCase().padStart(4, "0");
      parts.push(html`<span class="mark" title=${"invisible character " + name}>${name}</span>`);
      start = at + character.length;
    }
    at += character.length;
  }
  parts.push(text.slice(start));
  return parts;
}
