// The values of each field beside the list: a click keeps only these, with shift all but these.
import { html } from "../html.js";
import { shown } from "../text.js";
import { fieldsOf, FILTERS, More, nameOf, useMore } from "./values.js";

const MOST_VALUES = 6;

/** @typedef {(name: string, value: unknown, isOut: boolean) => void} OnFilter */

/** @param {{ stats: any, isSearching: boolean, onFilter: OnFilter }} props */
export function Facets(props) {
  return html`<aside class="facets" aria-label="Fields"><${Fields} ...${props} /></aside>`;
}

/** @param {{ stats: any, isSearching: boolean, onFilter: OnFilter }} props */
export function Fields({ stats, isSearching, onFilter }) {
  if (stats === null) return html`<p class="soft">Counting…</p>`;
  return html`
    ${isSearching && html`<p class="soft note-on-search">Counted without the text.</p>`}
    ${fieldsOf(stats).map(([name, values]) => html`<${Field} key=${name} name=${name} values=${values} onFilter=${onFilter} />`)}
  `;
}

/** @param {{ name: string, values: [unknown, number][], onFilter: OnFilter }} props */
function Field({ name, values, onFilter }) {
  const [seen, more] = useMore(values, MOST_VALUES);
  return html`<section aria-label=${name}>
    <h2>${shown(name)}</h2>
    <ul>
      ${seen.map(([value, count]) => html`<li>
        <button title=${FILTERS} onClick=${(/** @type {MouseEvent} */ event) => onFilter(name, value, event.shiftKey)}>
          <span>${nameOf(value)}</span> <span class="soft">${count.toLocaleString("en")}</span>
        </button>
      </li>`)}
    </ul>
    <${More} more=${more} of=${name} />
  </section>`;
}
