// An example as a trainer sees it: which target, what its file holds, what is lost, where it is cut.
import { html } from "../../html.js";
import { shown } from "../../text.js";
import { Json } from "./json.js";

/**
 * @param {{ targets: any[], target: string, onTarget: (name: string) => void,
 *           asked: { answer: any, refused: any }, onWhole: () => void, isWhole: boolean }} props
 */
export function Trainer({ targets, target, onTarget, asked: { answer, refused }, onWhole, isWhole }) {
  return html`
    <section class="trainer" aria-label="As a trainer sees it">
      <label>As <select value=${target} onChange=${(/** @type {any} */ event) => onTarget(event.target.value)}>
        ${targets.map(({ name, meaning }) => html`<option value=${name} title=${meaning}>${name}</option>`)}
      </select> sees it</label>
      ${refused !== null && html`<p class="error" role="alert">${shown(refused.message)}</p>`}
      ${answer === null && refused === null && html`<p class="soft" role="status">Rendering…</p>`}
      ${answer !== null && (answer.unsupported !== null
        ? html`<p class="error" role="status">${shown(answer.unsupported)}${answer.hint && html`<span class="hint">${shown(answer.hint)}</span>`}</p>`
        : html`<${Seen} view=${answer} onWhole=${onWhole} isWhole=${isWhole} />`)}
    </section>
  `;
}

/** @param {{ view: any, onWhole: () => void, isWhole: boolean }} props */
function Seen({ view, onWhole, isWhole }) {
  const losses = Object.values(view.losses);
  return html`
    <p><code>${view.layout}</code> ${shown(view.meaning)}. Trained on: <strong>${view.learns}</strong>.</p>
    ${losses.length > 0 && html`<ul>${losses.map((told) => html`<li class="loss">${shown(String(told))}</li>`)}</ul>`}
    ${view.length !== null && html`<p class="aside">${view.cuts.length === 0
      ? `By the estimate all of it is within ${view.length.toLocaleString("en")} tokens, where ${view.target} cuts by default.`
      : `By the estimate it is longer than ${view.length.toLocaleString("en")} tokens, where ${view.target} cuts by default.`}
      ${view.setting !== "" && html` The export sets <code>${view.setting}</code> so that nothing is cut.`}</p>`}
    <details>
      <summary>${view.records.length === 1 ? "The record as it is written" : `${view.records.length} records as they are written`}</summary>
      ${view.records.map((/** @type {any} */ record) => html`<${Json} value=${record} isRaw=${true} />`)}
      ${!isWhole && html`<button onClick=${onWhole}>With all of its texts</button>`}
    </details>
  `;
}
