// The values of each field beside the list: a click keeps only these, with shift all but these.
import { html } from "../html.js";
import { shown } from "../text.js";
import { fieldsOf } from "./overview.js";

const MOST_VALUES = 6;

/**
 * @param {{ stats: any, isSearching: boolean,
 *           onFilter: (name: string, value: unknown, isOut: boolean) => void }} props
 */
export function Facets({ stats, isSearching, onFilter }) {
  if (stats === null) return html`<aside class="facets" aria-label="Fields"><p class="soft">Counting…</p></aside>`;
  return html`
    <aside class="facets" aria-label="Fields">
      ${isSearching && html`<p class="soft note-on-search">Counted without the text.</p>`}
      ${fieldsOf(stats).map(([name, values]) => html`
        <section aria-label=${name}>
          <h2>${shown(name)}</h2>
          <ul>
            ${values.slice(0, MOST_VALUES).map(([value, count]) => html`<li>
              <button title="Click: only these. Shift and click: without these."
                onClick=${(/** @type {MouseEvent} */ event) => onFilter(name, value, event.shiftKey)}>
                <span>${value === null ? html`<em>none</em>` : shown(String(value))}</span>
                <span class="soft">${count.toLocaleString("en")}</span>
              </button>
            </li>`)}
          </ul>
          ${values.length > MOST_VALUES && html`<p class="soft">and ${values.length - MOST_VALUES} more</p>`}
        </section>`)}
    </aside>
  `;
}
