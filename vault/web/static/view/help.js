// The keys.
import { html } from "../html.js";
import { shown } from "../text.js";
import { Dialog } from "./dialogs.js";

const KEYS = [
  ["j  k", "the next example, the one before"],
  ["Page Down  Page Up", "ten further, ten back"],
  ["Home  End", "the first, the last"],
  ["Enter  Esc", "read, where arrows and Page Down scroll; back to the list"],
  ["/", "find a text"],
  ["e", "type an expression"],
  ["s  c  d  p  g", "statistics; compare versions; clusters; answers to this prompt; what is gone; and back"],
  ["r", "texts as they stand, or with Markdown shown"],
  ["t", "the example as a trainer sees it, and back"],
  [".", "the command that shows the same"],
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
  ["R", "list anew"],
];

/** @param {{ choice: any, onClose: () => void }} props */
export function Help({ choice, onClose }) {
  const values = (choice?.keys ?? []).map((/** @type {string} */ key, /** @type {number} */ at) => [key, `${choice.name} = ${choice.values[at]}`]);
  return html`
    <${Dialog} name="Keys" onClose=${onClose}>
      <table>${[...KEYS, ...values, ...LABEL_KEYS].map(([keys, meaning]) => html`<tr><th scope="row"><kbd>${keys}</kbd></th><td>${shown(meaning)}</td></tr>`)}</table>
      <h2>On the other pages</h2>
      <table>${APART_KEYS.map(([keys, meaning]) => html`<tr><th scope="row"><kbd>${keys}</kbd></th><td>${meaning}</td></tr>`)}</table>
      <p>A click on a value keeps only examples with it; with Shift, all without it.</p>
      <form method="dialog"><button>Close</button></form>
    <//>
  `;
}
