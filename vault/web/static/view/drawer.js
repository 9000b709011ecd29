// The fields in a dialog, where there is no room for them beside the list.
import { html } from "../html.js";
import { useState } from "../vendor/hooks.js";
import { Dialog } from "./dialogs.js";
import { Fields } from "./facets.js";

/**
 * A touch screen has no Shift: a switch stands for it.
 * @param {{ stats: any, isSearching: boolean, onFilter: import("./facets.js").OnFilter, onClose: () => void }} props
 */
export function Drawer({ stats, isSearching, onFilter, onClose }) {
  const [isOut, setOut] = useState(false);
  const filter = (/** @type {string} */ name, /** @type {unknown} */ value, /** @type {boolean} */ isShift) => {
    onClose();
    onFilter(name, value, isOut || isShift);
  };
  return html`<${Dialog} name="Fields" look="drawer" onClose=${onClose}>
    <p><label><input type="checkbox" checked=${isOut} onChange=${() => setOut(!isOut)} /> without the value</label></p>
    <div class="facets"><${Fields} stats=${stats} isSearching=${isSearching} onFilter=${filter} /></div>
  <//>`;
}
