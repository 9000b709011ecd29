// What is gone: examples that were taken out and input that was kept out, and the key that brings back.
import { useState } from "../vendor/hooks.js";
import { html } from "../html.js";
import { shown } from "../text.js";
import { Apart, keysOf, Parts } from "./apart.js";
import { Differing, Legend } from "./differing.js";
import { Example } from "./example.js";

const QUARANTINED = ["quarantine", "unreadable"];
const UNDO = "`vault undo` takes back the last change of the stage.";

/** @param {import("./apart.js").PageProps} page */
export function Gone(page) {
  const { view, go } = page;
  const [done, setDone] = useState(/** @type {Map<string, string>} */ (new Map()));
  const query = new URLSearchParams({ reason: view.part }).toString();
  const onPart = (/** @type {string} */ part) => go({ part, at: 0 });
  const partsOf = (/** @type {any} */ answer) => {
    const counts = /** @type {[string, number][]} */ (Object.entries(answer.reasons)).sort(([, a], [, b]) => b - a);
    const all = counts.reduce((sum, [, count]) => sum + count, 0);
    return /** @type {[string, string, number][]} */ ([["", "all", all], ...counts.map(([reason, count]) => [reason, reason, count])]);
  };
  const back = async (/** @type {import("./apart.js").Here} */ { item, move }) => {
    if (item === null || done.has(item.item.id)) return;
    const { id, reason } = item.item;
    const answer = await page.change("back", { id, is_input: QUARANTINED.includes(reason) });
    if (answer === null) return;
    setDone((before) => new Map(before).set(id, whatCame(answer.report)));
    page.onTold(`${id.slice(0, 12)} ${whatCame(answer.report)}. ${UNDO}`);
    move(1);
  };
  return html`<${Apart} page=${page} name="What is gone" asked=${{ list: "/api/gone", one: "/api/gone/item", query }} rowOf=${rowOf}
    chipOf=${(/** @type {any} */ row) => (row === null ? "" : done.has(row.id) ? "✓ back" : row.chip)}
    head=${(/** @type {any} */ answer) => html`<section class="filters" aria-label="Reasons">
      ${answer !== null && html`<${Parts} name="Reasons" parts=${partsOf(answer)} now=${view.part} onPart=${onPart} />`}
    </section>`}
    empty=${() => html`<p>${view.part === "" ? "Nothing was taken out, and nothing is in quarantine." : "Nothing is gone for this reason."}</p>`}
    item=${(/** @type {import("./apart.js").Here} */ here) => html`<${Item} item=${here.item.item} told=${done.get(here.item.item.id)} isOn=${page.isOn}
      onBack=${() => back(here)} onWhole=${here.onWhole} onFilter=${page.onFilter} />`}
    keys=${(/** @type {import("./apart.js").Here} */ here) => ({
      ...(here.rows.answer === null ? {} : keysOf(partsOf(here.rows.answer), onPart)),
      b: () => back(here),
      u: () => page.onTold(UNDO),
      ".": () => page.onTold(view.part === "unreadable" ? "vault quarantine list" : `vault removed${view.part === "" ? "" : ` --reason ${view.part}`}`),
    })} />`;
}

/** @param {any} gone */
function rowOf({ id, reason, row, beginning }) {
  const shownRow = row ?? { question: beginning || "(not stored any more)", answer: "", tokens: "", labels: {} };
  return { ...shownRow, id, chip: reason };
}

/** @param {any} report what came of bringing back an example, or of reading input again */
function whatCame(report) {
  if (report.judged > 0) return "is back, and counts as no duplicate of the one that stayed";
  if (report.exchanged > 0) return "is back, in the place of what it had become";
  if (report.restored > 0 || report.imported > 0) return "is back";
  return "is there already";
}

/** @param {any} props */
function Item({ item, told, isOn, onBack, onWhole, onFilter }) {
  const { unread, other, diff } = item;
  const details = Object.entries(item.detail);
  const name = item.reason === "fixed" ? "what it became" : "the one that stayed";
  return html`<article aria-label="Gone">
    <p class="facts"><strong class="note">${shown(item.reason)}</strong> <code>${item.id.slice(0, 12)}</code>
      ${item.command !== null && html`<span>by <code>${shown(item.command)}</code>, ${item.time}</span>`}
      ${told === undefined
        ? html`<button disabled=${!isOn} onClick=${onBack}><kbd>b</kbd> bring back</button>`
        : html`<strong>It ${told}.</strong>`}
    </p>
    ${details.length > 0 && html`<section class="fields" aria-label="Why"><table>
      ${details.map(([key, value]) => html`<tr><th scope="row">${shown(key.replaceAll("_", " "))}</th>
        <td>${shown(typeof value === "string" ? value : JSON.stringify(value))}</td></tr>`)}</table></section>`}
    ${unread !== null && html`<p class="error">${shown(`${unread.source}:${unread.line}: ${unread.message}`)} <code>${shown(unread.code)}</code></p>
      <pre>${shown(unread.raw)}</pre>
      ${unread.clipped > 0 && html`<p class="hint">${unread.clipped.toLocaleString("en")} characters are left out. <button onClick=${onWhole}>Show all</button></p>`}`}
    ${diff !== null && html`<h2>Beside ${name}: <code>${other.id.slice(0, 12)}</code> ${shown(`${other.source}:${other.line}`)}</h2>
      <${Legend} old=${name} now="this one" /><${Differing} diff=${diff} />`}
    ${item.example !== null && (diff === null
      ? html`<${Example} example=${item.example} sought="" onWhole=${onWhole} onFilter=${onFilter} />`
      : html`<details class="beside"><summary>this one as a chat</summary><${Example} example=${item.example} sought="" onWhole=${onWhole} onFilter=${onFilter} /></details>`)}
    ${item.example === null && unread === null && html`<p class="hint">It is not stored any more.</p>`}
  </article>`;
}
