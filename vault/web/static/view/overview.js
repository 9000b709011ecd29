// What there is: counts, lengths, and the values of each field, each as a bar.
import { html } from "../html.js";
import { shown } from "../text.js";

const MOST_VALUES = 8;

/** @param {{ overview: any }} props */
export function Overview({ overview }) {
  const stats = overview.stats;
  const fields = /** @type {[string, Record<string, number>][]} */ ([
    ["kind", stats.kinds],
    ["source", stats.sources],
    ["round", stats.rounds],
    ["split", stats.splits],
    ...labels(stats.labels),
  ]).filter(([, counts]) => Object.keys(counts).length > 0);
  return html`
    <section class="figures" aria-label="Counts">
      <${Figure} name="examples" value=${stats.examples} />
      <${Figure} name="turns" value=${stats.turns} />
      <${Figure} name=${stats.tokenizer === null ? "tokens, about" : "tokens"} value=${stats.tokens} />
      <${Figure} name="characters" value=${stats.chars} />
    </section>
    ${stats.examples === 0 && html`<p class="empty">
      There is nothing here yet. <code>vault import FILE</code> brings examples in.
    </p>`}
    <div class="cards">
      ${["tokens", "turns"].map((name) => html`<${Lengths} name=${name} bins=${stats.histograms[name]} />`)}
      ${fields.map(([name, counts]) => html`<${Values} name=${name} counts=${counts} all=${stats.examples} />`)}
    </div>
  `;
}

/** @param {{ name: string, value: number }} props */
function Figure({ name, value }) {
  return html`<div class="figure"><strong>${value.toLocaleString("en")}</strong> <span>${name}</span></div>`;
}

/** @param {{ name: string, bins: { least: number, most: number, examples: number }[] }} props */
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

/** @param {{ name: string, counts: Record<string, number>, all: number }} props */
function Values({ name, counts, all }) {
  const values = Object.entries(counts);
  const rest = values.slice(MOST_VALUES);
  return html`
    <section class="card" aria-label=${name}>
      <h2>${shown(name)}</h2>
      <table class="bars">
        ${values.slice(0, MOST_VALUES).map(([value, count]) => html`<tr>
          <th scope="row">${value === "" ? html`<em>empty</em>` : shown(value)}</th>
          <td class="count">${count.toLocaleString("en")}</td>
          <td class="bar"><meter min="0" max=${all} value=${count} aria-hidden="true" /></td>
        </tr>`)}
      </table>
      ${rest.length > 0 && html`<p class="rest">and ${rest.length.toLocaleString("en")} more values</p>`}
    </section>
  `;
}

/**
 * @param {{ name: string, value: unknown, count: number }[]} found
 * @returns {[string, Record<string, number>][]}
 */
function labels(found) {
  /** @type {Map<string, Record<string, number>>} */
  const byName = new Map();
  for (const { name, value, count } of found) {
    const counts = byName.get(name) ?? {};
    counts[String(value)] = count;
    byName.set(name, counts);
  }
  return [...byName].map(([name, counts]) => [`labels.${name}`, counts]);
}
