// Two records, or two texts, in one: what only one of them has is struck or underlined.
import { html } from "../html.js";
import { shown } from "../text.js";

/** @param {{ pieces: [string, string][] }} props */
function Pieces({ pieces }) {
  return pieces.map(([kind, text]) => {
    if (kind === "removed") return html`<del><span class="unseen">only before: </span>${shown(text)}</del>`;
    if (kind === "added") return html`<ins><span class="unseen">only after: </span>${shown(text)}</ins>`;
    if (kind === "skipped") return html` <em class="soft">… ${Number(text).toLocaleString("en")} characters …</em> `;
    return html`<span>${shown(text)}</span>`;
  });
}

/** @param {{ old: any, now: any }} props whose words are struck, and whose underlined */
export function Legend({ old, now }) {
  return html`<p><del>Struck</del> is only in ${old}, <ins>underlined</ins> only in ${now}.</p>`;
}

/** @param {{ diff: any }} props */
export function Differing({ diff }) {
  const left = diff.left_out;
  return html`
    <ol class="turns">
      ${diff.turns.map((/** @type {any} */ part) => html`<li class=${"turn " + part.change}>
        <p class="role"><strong>${shown(part.label)}</strong>${part.change !== "same" && html`<span class="note">${told(part)}</span>`}</p>
        <div class="text"><${Pieces} pieces=${part.pieces} /></div>
      </li>`)}
    </ol>
    ${diff.fields.length > 0 && html`<section class="fields" aria-label="Other fields that differ"><table>
      ${diff.fields.map((/** @type {any} */ part) => html`<tr><th scope="row">${shown(part.label)}</th><td><${Pieces} pieces=${part.pieces} /></td></tr>`)}
    </table></section>`}
    ${left > 0 && html`<p class="hint">${left.toLocaleString("en")} more texts differ, and are not shown.</p>`}
    ${diff.same_left_out > 0 && html`<p class="soft">${diff.same_left_out.toLocaleString("en")} other ${diff.same_left_out === 1 ? "text is" : "texts are"} the same.</p>`}
  `;
}

/** @param {any} part */
function told({ change, is_coarse }) {
  return is_coarse ? "changed: too long to compare word by word" : change;
}
