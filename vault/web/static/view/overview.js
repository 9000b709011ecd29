// What there is: counts, lengths, and the values of each field, each as a bar that is a filter.
import { html } from "../html.js";
import { shown } from "../text.js";

const MOST_VALUES = 8;
const ABSENT = "(none)";

/** @typedef {(name: string, value: unknown, isOut: boolean) => void} OnFilter */

/** @param {{ stats: any, onFilter: OnFilter }} props */
export function Overview({ stats, onFilter }) {
  return html`
    <section class="figures" aria-label="Counts">
      <${Figure} name="examples" value=${stats.examples} />
      <${Figure} name="turns" value=${stats.turns} />
      <${Figure} name=${stats.tokenizer === null ? "tokens, about" : "tokens"} value=${stats.tokens} />
      <${Figure} name="characters" value=${stats.chars} />
    </section>
    <div class="cards">
      ${["tokens", "turns"].map((name) => html`<${Lengths} name=${name} bins=${stats.histograms[name]} onFilter=${onFilter} />`)}
      ${fieldsOf(stats).map(([name, values]) => html`<${Values} name=${name} values=${values} all=${stats.examples} onFilter=${onFilter} />`)}
    </div>
  `;
}

/**
 * @param {any} stats
 * @returns {[string, [unknown, number][]][]} the values of each field with their counts, most first;
 *   null is no value
 */
export function fieldsOf(stats) {
  const fields = /** @type {[string, [unknown, number][]][]} */ (
    [
      ["split", stats.splits],
      ["source", stats.sources],
      ["round", stats.rounds],
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
  for (const [name, values] of labels) fields.push([`labels.${name}`, values]);
  return fields.filter(([, values]) => values.length > 0);
}

/** @param {{ name: string, value: number }} props */
function Figure({ name, value }) {
  return html`<div class="figure"><strong>${value.toLocaleString("en")}</strong> <span>${name}</span></div>`;
}

/** @param {{ name: string, bins: { least: number, most: number, examples: number }[], onFilter: OnFilter }} props */
function Lengths({ name, bins }) {
  if (bins.length === 0) return null;
  const most = Math.max(...bins.map((bin) => bin.examples));
  const told = (/** @type {any} */ bin) => (bin.least === bin.most ? `${bin.least}` : `${bin.least}–${bin.most}`);
  return html`
    <section class="card" aria-labelledby=${"of-" + name}>
      <h2 id=${"of-" + name}>Examples by ${name}</h2>
      <table class="bars">
        ${bins.map((bin) => html`<tr>
          <th scope="row">${told(bin)}</th>
          <td class="count">${bin.examples.toLocaleString("en")}</td>
          <td class="bar"><meter min="0" max=${most} value=${bin.examples} aria-hidden="true" /></td>
        </tr>`)}
      </table>
    </section>
  `;
}

/** @param {{ name: string, values: [unknown, number][], all: number, onFilter: OnFilter }} props */
function Values({ name, values, all, onFilter }) {
  const rest = values.slice(MOST_VALUES);
  return html`
    <section class="card" aria-label=${name}>
      <h2>${shown(name)}</h2>
      <table class="bars">
        ${values.slice(0, MOST_VALUES).map(([value, count]) => html`<tr>
          <th scope="row"><button class="value" title="Click: only these. Shift and click: without these."
            onClick=${(/** @type {MouseEvent} */ event) => onFilter(name, value, event.shiftKey)}>
            ${value === null ? html`<em>none</em>` : value === "" ? html`<em>empty</em>` : shown(String(value))}
          </button></th>
          <td class="count">${count.toLocaleString("en")}</td>
          <td class="bar"><meter min="0" max=${all} value=${count} aria-hidden="true" /></td>
        </tr>`)}
      </table>
      ${rest.length > 0 && html`<p class="rest">and ${rest.length.toLocaleString("en")} more values</p>`}
    </section>
  `;
}
