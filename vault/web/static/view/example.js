// One example, as a chat: who says what, what is called, what stands beside it.
import { html } from "../html.js";
import { useState } from "../vendor/hooks.js";
import { Exact } from "../api.js";
import { Later } from "../later.js";
import { shown } from "../text.js";
import { Conversation } from "./reading/conversation.js";
import { Findings, OfSet } from "./reading/findings.js";
import { Json } from "./reading/json.js";
import { useAsked, useChoice, useSwitch } from "./reading/modes.js";
import { sizesOf } from "./reading/turns.js";
import { FILTERS } from "./values.js";

const MOST_ASKED_CHARS = 1_000;
const SYSTEM_DELAY = 400;
const trainer = () => import("./reading/trainer.js").then((found) => found.Trainer);

/**
 * @param {{ example: any, sought: string, asked?: string | null, onWhole: () => void,
 *           onFilter: (name: string, value: unknown, isOut: boolean) => void }} props without `asked`, which
 *   names the example to the API, nothing else is shown
 */
export function Example({ example, sought, asked = null, onWhole, onFilter }) {
  const [isRaw, turnRaw] = useSwitch("raw");
  const [isTrainer, turnTrainer] = useSwitch("trainer");
  const [target, setTarget] = useChoice("target", "trl");
  const [isWhole, setWhole] = useState(false);
  const about = (/** @type {string} */ route) => (asked === null ? null : `/api/${route}?${asked}`);
  const isSeen = isTrainer && asked !== null;
  const targets = useAsked(isSeen ? "/api/targets" : null, { delay: 0 });
  const more = `&target=${encodeURIComponent(target)}${isWhole ? "&whole=1" : ""}`;
  const view = useAsked(isSeen ? about("trainer") + more : null, { delay: 60 });
  const findings = useAsked(about("findings"));
  const hasSystem = example.conversation?.prompt.some((/** @type {any} */ each) => each.role === "system" || each.role === "developer");
  const system = useAsked(hasSystem ? about("system") : null, { delay: SYSTEM_DELAY, isDone: (answer) => !answer.is_counting });
  return html`
    <article class="example" aria-label="Example">
      <p class="facts">
        <code>${example.id.slice(0, 12)}</code>
        <${Value} name="source" value=${example.source} told=${`${example.source}:${example.line}`} onFilter=${onFilter} />
        <${Value} name="kind" value=${example.kind} onFilter=${onFilter} />
        ${example.round !== null && html`<${Value} name="round" value=${example.round} told=${"round " + example.round} onFilter=${onFilter} />`}
        ${example.made && html`<${Value} name="origin.model" value=${example.made.model} onFilter=${onFilter} />`}
        <span>${example.tokens.toLocaleString("en")} tokens</span>
        ${Object.entries(example.labels).map(([name, value]) => html`<${Value}
          name=${name === "split" ? "split" : "labels." + name} value=${value} told=${`${name} = ${value}`} onFilter=${onFilter} />`)}
        <span class="modes">
          <button aria-pressed=${isRaw} title="Texts as they stand, without Markdown (r)" onClick=${turnRaw}>Raw</button>
          ${asked !== null && html`<button aria-pressed=${isTrainer} title="What a trainer sees (t)" onClick=${turnTrainer}>Trainer</button>`}
        </span>
      </p>
      ${isSeen && html`<${Later} load=${trainer} isPlain=${true} targets=${targets.answer?.targets ?? [{ name: target, meaning: "" }]} target=${target}
        onTarget=${setTarget} asked=${view} isWhole=${isWhole} onWhole=${() => setWhole(true)} />`}
      ${asked !== null && html`<${Findings} asked=${findings} sizes=${sizesOf(example.conversation)} />`}
      ${example.conversation === null
        ? html`<${Json} value=${example.data} sought=${sought} isRaw=${isRaw} />`
        : html`<${Conversation} example=${example} sought=${sought} isRaw=${isRaw} asked=${asked} view=${isSeen ? view.answer : null}
            findings=${findings.answer?.findings ?? []} system=${system.answer?.system ?? null} onFilter=${onFilter} />`}
      <${Fields} fields=${example.fields} onFilter=${onFilter} />
      <${OfSet} counts=${findings.answer?.of_set} />
      ${example.clipped > 0 && html`<p class="hint">
        ${example.clipped.toLocaleString("en")} characters are left out.
        <button onClick=${onWhole}>Show all</button>
      </p>`}
    </article>
  `;
}

/** @param {any} props */
function Value({ name, value, told, onFilter }) {
  const act = (/** @type {MouseEvent} */ event) => onFilter(name, value, event.shiftKey);
  return html`<button class="chip" title=${FILTERS} onClick=${act}>${shown(String(told ?? value))}</button>`;
}

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** @param {any} props */
function Fields({ fields, onFilter }) {
  const found = /** @type {[string[], unknown][]} */ ([]);
  flatten([], fields, found);
  if (found.length === 0) return null;
  return html`
    <section class="fields" aria-label="Other fields">
      <table>
        ${found.map(([path, value]) => html`<tr>
          <th scope="row">${shown(path.join("."))}</th>
          <td>${isPlain(path, value)
            ? html`<${Value} name=${"data." + path.join(".")} value=${value} onFilter=${onFilter} />`
            : html`<code>${shown(JSON.stringify(value))}</code>`}</td>
        </tr>`)}
      </table>
    </section>
  `;
}

/**
 * @param {string[]} path
 * @param {unknown} value
 * @returns {boolean} whether an expression can ask for the value: a long text may be cut, too
 */
function isPlain(path, value) {
  const isShort = typeof value === "string" && value.length <= MOST_ASKED_CHARS;
  const isScalar = isShort || ["number", "boolean"].includes(typeof value) || value instanceof Exact;
  return isScalar && path.every((each) => PLAIN_NAME.test(each));
}

/**
 * @param {string[]} before
 * @param {any} value
 * @param {[string[], unknown][]} found gets the path and the value of each member that is no object
 */
function flatten(before, value, found) {
  for (const [name, inner] of Object.entries(value)) {
    const path = [...before, name];
    const isObject =
      inner !== null && typeof inner === "object" && !Array.isArray(inner) && !(inner instanceof Exact);
    if (isObject && Object.keys(inner).length > 0) flatten(path, inner, found);
    else found.push([path, inner]);
  }
}
