// What the rules found in an example, above its turns: the turn of each is a click away.
import { html } from "../../html.js";
import { useState } from "../../vendor/hooks.js";
import { shown } from "../../text.js";
import { goTo } from "./modes.js";
import { turnName } from "./turns.js";

/** @param {{ asked: { answer: any, refused: any }, sizes: import("./turns.js").Sizes }} props */
export function Findings({ asked: { answer, refused }, sizes }) {
  if (refused !== null) return html`<p class="hint">The rules did not run: ${shown(refused.message)}</p>`;
  if (answer === null || answer.findings.length + answer.skipped.length === 0) return null;
  return html`
    <section class="findings" aria-label="Findings">
      ${answer.findings.length > 0 && html`<ul>${answer.findings.map((/** @type {any} */ each) => html`<${Finding} key=${each.code} finding=${each} sizes=${sizes} />`)}</ul>`}
      ${answer.skipped.length > 0 && html`<p class="aside">Not run here, since it is code of the project: ${shown(answer.skipped.join(", "))}.</p>`}
    </section>
  `;
}

/** @param {{ finding: any, sizes: import("./turns.js").Sizes }} props */
function Finding({ finding, sizes }) {
  const [isTold, setTold] = useState(false);
  const { turn } = finding;
  return html`
    <li class=${"of-" + finding.severity}>
      <strong>${finding.severity}</strong>
      <button class="chip" aria-expanded=${isTold} title="Why this matters" onClick=${() => setTold(!isTold)}>${shown(`${finding.code} ${finding.name}`)}</button>
      <span>${shown(finding.message)}</span>
      ${turn !== null
        ? html`<button class="jump" onClick=${(/** @type {any} */ event) => goTo(event.currentTarget, `[data-turn="${turn}"]`)}>${turnName(sizes, turn)}</button>`
        : finding.path !== "" && html`<code>${shown(finding.path)}</code>`}
      ${isTold && html`<p class="why">${shown(finding.why)}</p>`}
    </li>
  `;
}

/** @param {{ counts: any[] | null | undefined }} props what `validate` found in the set, null if it did not run */
export function OfSet({ counts }) {
  if (counts === undefined) return null;
  if (counts === null) {
    return html`<p class="aside">Findings of the set are not known for this version: run <code>vault validate</code>.</p>`;
  }
  if (counts.length === 0) return null;
  return html`<p class="aside">In the set as a whole: ${counts.map(
    (each, at) => html`${at > 0 && ", "}${shown(`${each.code} ${each.name}`)}${each.count > 1 && ` (${each.count.toLocaleString("en")})`}`,
  )}.</p>`;
}
