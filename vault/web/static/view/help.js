// The keys, by what they are for, and the switch for who cannot have them.
import { useState } from "../vendor/hooks.js";
import { html } from "../html.js";
import { shown } from "../text.js";
import { areKeysOff, showKeys } from "../use.js";
import { Dialog } from "./dialogs.js";

const KEYS = [
  ["j  k", "the next example, the one before"],
  ["Page Down  Page Up", "ten further, ten back"],
  ["Home  End", "the first, the last"],
  ["Enter  Esc", "read, where arrows and Page Down scroll; back to the list"],
  ["/", "find a text"],
  ["e", "type an expression"],
  ["v", "values of fields"],
  ["s  c  d  p  g", "statistics; compare versions; clusters; answers to this prompt; what is gone; and back"],
  ["r", "texts as they stand, or with Markdown shown"],
  ["t", "the example as a trainer sees it, and back"],
  [".", "the command that shows the same"],
  ["R", "list anew"],
  ["?", "this"],
];
const APART_KEYS = [
  ["0 … 9", "one kind of changes, one reason"],
  ["e  x", "choose the versions, swap them"],
  ["1 … 9", "a member of a cluster, the best answer"],
  ["0  w", "a tie; mark the words in which answers differ"],
  ["x  b", "take out of a cluster, bring back what is gone"],
];
const LABEL_KEYS = [
  ["f  n", "flag, note"],
  ["0", "take the label off"],
  ["=", "type a label and its value"],
  ["l", "the next label"],
  ["q", "your queue of the label, and back"],
  ["A", "label all that match"],
  ["u  U", "undo, do again"],
  ["E", "edit a text or the record"],
  ["S", "spot-check: a accepts, x rejects, space skips"],
];

/** @param {{ choice: any, onClose: () => void }} props */
export function Help({ choice, onClose }) {
  const [isOff, setOff] = useState(areKeysOff());
  const values = (choice?.keys ?? []).map((/** @type {string} */ key, /** @type {number} */ at) => [key, `${choice.name} = ${choice.values[at]}`]);
  const turn = () => {
    localStorage.setItem("vault.keys", isOff ? "on" : "off");
    showKeys();
    setOff(!isOff);
  };
  return html`
    <${Dialog} name="Keys" look="of-keys" onClose=${onClose}>
      <div class="keys"><${Keys} name="Find and read" keys=${KEYS} /><${Keys} name="Label" keys=${[...values, ...LABEL_KEYS]} />
        <${Keys} name="On the other pages" keys=${APART_KEYS} /></div>
      <p>A click on a value keeps only examples with it; with Shift, all without it.</p>
      <p><label><input type="checkbox" checked=${!isOff} onChange=${turn} /> Single letters, digits and signs act. Without them
        Tab, Enter, arrows and buttons still do.</label></p>
    <//>
  `;
}

/** @param {{ name: string, keys: string[][] }} props */
function Keys({ name, keys }) {
  return html`<section><h3>${name}</h3><table>${keys.map(([all, meaning]) => html`<tr>
    <th scope="row">${all.split("  ").map((key) => html`<kbd>${key}</kbd> `)}</th><td>${shown(meaning)}</td></tr>`)}</table></section>`;
}
