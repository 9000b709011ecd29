// The keys.
import { useEffect, useRef } from "../vendor/hooks.js";
import { html } from "../html.js";

const KEYS = [
  ["j  k", "the next example, the one before"],
  ["Page Down  Page Up", "ten further, ten back"],
  ["Home  End", "the first, the last"],
  ["Enter  Esc", "read, where arrows and Page Down scroll; back to the list"],
  ["/", "find a text"],
  ["e", "type an expression"],
  ["s", "statistics, and back"],
  ["r", "texts as they stand, or with Markdown shown"],
  ["t", "the example as a trainer sees it, and back"],
  [".", "the command that shows the same"],
  ["?", "this"],
];

/** @param {{ onClose: () => void }} props */
export function Help({ onClose }) {
  const box = useRef(/** @type {any} */ (null));
  useEffect(() => {
    box.current.showModal();
  }, []);
  return html`
    <dialog class="help" ref=${box} onClose=${onClose} aria-label="Keys">
      <h2>Keys</h2>
      <table>${KEYS.map(([keys, meaning]) => html`<tr><th scope="row"><kbd>${keys}</kbd></th><td>${meaning}</td></tr>`)}</table>
      <p>A click on a value keeps only examples with it; with Shift, all without it.</p>
      <form method="dialog"><button>Close</button></form>
    </dialog>
  `;
}
