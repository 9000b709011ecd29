// What the example that is read can be labelled with, a key for each value.
import { html } from "../html.js";
import { shown } from "../text.js";

/** @param {any} props */
export function LabelBar({ choices, choice, labels, isStaged, state, onChoose, onGive, onFlag, onNote, onType, onAll, onStep, onEdit }) {
  const now = choice === null ? undefined : labels[choice.own];
  return html`
    <section class="labelbar" aria-label="Labels">
      ${choices.length > 1
        ? html`<label><span class="unseen">Label</span>
            <select value=${choice?.name} onChange=${(/** @type {any} */ event) => onChoose(event.target.value)}>
              ${choices.map((/** @type {any} */ each) => html`<option value=${each.name} selected=${each === choice}>${shown(each.name)}</option>`)}
            </select></label>`
        : choice !== null && html`<strong>${shown(choice.name)}</strong>`}
      ${choice === null && html`<span class="soft">No labels yet. <kbd>=</kbd> gives one; vault.toml can name them.</span>`}
      ${choice !== null && choice.values.map((/** @type {unknown} */ value, /** @type {number} */ at) => html`
        <button aria-pressed=${now === value} disabled=${!isStaged} onClick=${() => onGive(value)}>
          ${choice.keys[at] && html`<kbd>${choice.keys[at]}</kbd> `}${shown(String(value))}
        </button>`)}
      <button aria-pressed=${labels.flag === true} disabled=${!isStaged} onClick=${onFlag}><kbd>f</kbd> flag</button>
      <button aria-pressed=${labels.note !== undefined} disabled=${!isStaged} onClick=${onNote}><kbd>n</kbd> note</button>
      <button disabled=${!isStaged} onClick=${onType}><kbd>=</kbd> other</button>
      <button disabled=${!isStaged} onClick=${onEdit}><kbd>E</kbd> edit</button>
      <button onClick=${onAll}><kbd>A</kbd> all that match</button>
      <button onClick=${onStep}><kbd>u</kbd> undo</button>
      <span class="soft">${told(state, isStaged)}</span>
      <span class="soft" role="status"><span key=${state.said.number}>${shown(state.said.text)}</span></span>
    </section>
  `;
}

/**
 * @param {import("../labels.js").Labels} labels
 * @param {boolean | null} isStaged null while that is not known
 */
function told(labels, isStaged) {
  if (isStaged === false) return "not on the stage: it takes no labels";
  if (labels.unsent > 0) return `${labels.unsent} not saved yet`;
  return labels.count === 0 ? "" : `${labels.count.toLocaleString("en")} given, all saved`;
}
