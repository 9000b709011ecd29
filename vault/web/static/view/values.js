// Fields and their values, the first few or more.
import { useState } from "../vendor/hooks.js";
import { html } from "../html.js";
import { shown } from "../text.js";

export const FILTERS = "Click: only these. Shift and click: without these.";
const AT_ONCE = 100;
const ABSENT = "(none)";

/**
 * @param {any} stats
 * @returns {[string, [unknown, number][]][]} values of each field with counts, most first; null is none
 */
export function fieldsOf(stats) {
  const fields = /** @type {[string, [unknown, number][]][]} */ (
    [
      ["split", stats.splits],
      ["source", stats.sources],
      ["round", stats.rounds],
      ["origin.model", stats.models],
      ["origin", stats.runs],
      ["kind", stats.kinds],
    ].map(([name, counts]) => [
      name,
      // Names that are numbers come first in an object, whatever was counted.
      Object.entries(counts)
        .map(([value, count]) => [value === ABSENT ? null : value, count])
        .sort(([, a], [, b]) => b - a),
    ])
  );
  /** @type {Map<string, [unknown, number][]>} */
  const labels = new Map();
  for (const { name, value, count } of stats.labels) {
    const values = labels.get(name) ?? [];
    values.push([value, count]);
    labels.set(name, values);
  }
  for (const [name, values] of labels) {
    const without = values.reduce((left, [, count]) => left - count, stats.examples);
    fields.push([`labels.${name}`, without > 0 ? [...values, [null, without]] : values]);
  }
  return fields.filter(([, values]) => values.length > 0);
}

/** @param {unknown} value */
export function nameOf(value) {
  return value === null ? html`<em>none</em>` : value === "" ? html`<em>empty</em>` : shown(String(value));
}

/**
 * @template T
 * @param {T[]} values
 * @param {number} first
 * @returns {[T[], { rest: number, act: () => void } | null]} what is shown, and what shows more
 */
export function useMore(values, first) {
  const [most, setMost] = useState(first);
  const rest = Math.max(0, values.length - most);
  const act = () => setMost(rest > 0 ? most + AT_ONCE : first);
  return [values.slice(0, most), values.length > first ? { rest, act } : null];
}

/** @param {{ more: { rest: number, act: () => void } | null, of: string }} props */
export function More({ more, of }) {
  return more && html`<p class="rest"><button class="jump" onClick=${more.act}>
    ${more.rest > 0 ? `and ${more.rest.toLocaleString("en")} more` : "fewer"}<span class="unseen"> of ${shown(of)}</span></button></p>`;
}
