// One example, as a chat: who says what, what is called, what stands beside it.
import { html } from "../html.js";
import { Exact } from "../api.js";
import { blocksOf, found, shown } from "../text.js";

const FOLDED_CHARS = 600;
const MOST_ASKED_CHARS = 1_000;

/** @param {{ example: any, sought: string, onWhole: () => void, onFilter: (name: string, value: unknown, isOut: boolean) => void }} props */
export function Example({ example, sought, onWhole, onFilter }) {
  const conversation = example.conversation;
  return html`
    <article class="example" aria-label="Example">
      <p class="facts">
        <code>${example.id.slice(0, 12)}</code>
        <${Value} name="source" value=${example.source} told=${`${example.source}:${example.line}`} onFilter=${onFilter} />
        <${Value} name="kind" value=${example.kind} onFilter=${onFilter} />
        ${example.round !== null && html`<${Value} name="round" value=${example.round} told=${"round " + example.round} onFilter=${onFilter} />`}
        <span>${example.tokens.toLocaleString("en")} tokens</span>
        ${Object.entries(example.labels).map(([name, value]) => html`<${Value}
          name=${name === "split" ? "split" : "labels." + name} value=${value} told=${`${name} = ${value}`} onFilter=${onFilter} />`)}
      </p>
      ${conversation === null ? html`<${Json} value=${example.data} />` : html`<${Conversation} conversation=${conversation} sought=${sought} />`}
      <${Fields} fields=${example.fields} onFilter=${onFilter} />
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
  return html`<button class="chip" title="Click: only these. Shift and click: without these." onClick=${act}>${shown(String(told ?? value))}</button>`;
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

/** @param {{ conversation: any, sought: string }} props */
function Conversation({ conversation, sought }) {
  if (conversation.text !== undefined) return html`<div class="turn"><${Text} text=${conversation.text} sought=${sought} /></div>`;
  const messages = [...conversation.prompt, ...conversation.response];
  const rejected = conversation.rejected;
  const calls = namesOfCalls(messages);
  const asked = conversation.prompt.length;
  return html`
    ${conversation.tools !== undefined && html`<details class="beside">
      <summary>${conversation.tools.length} tools</summary><${Json} value=${conversation.tools} />
    </details>`}
    <ol class="turns">
      ${messages.map((message, at) => html`<${Turn} message=${message} number=${at + 1} calls=${calls} sought=${sought}
        note=${rejected !== undefined && at >= asked ? "chosen" : null} />`)}
      ${(rejected ?? []).map((/** @type {any} */ message) => html`<${Turn} message=${message} number=${asked + 1} calls=${calls} sought=${sought} note="rejected" />`)}
    </ol>
    ${conversation.desirable !== undefined && html`<p class="beside">The answer is marked as ${conversation.desirable ? "good" : "bad"}.</p>`}
    ${conversation.media !== undefined && html`<details class="beside"><summary>media</summary><${Json} value=${conversation.media} /></details>`}
  `;
}

/** @param {any} props */
function Turn({ message, number, calls, sought, note }) {
  const isDim = message.weight === 0;
  const answered = message.role === "tool" ? calls.get(message.call) ?? message.name : null;
  return html`
    <li class=${"turn " + message.role + (isDim ? " dim" : "")}>
      <p class="role">
        <span class="number">${number}</span> <strong>${shown(message.role)}</strong>
        ${message.name && html`<span> ${shown(message.name)}</span>`}
        ${answered && html`<span> answer of ${shown(answered)}</span>`}
        ${note && html`<span class="note">${note}</span>`}
        ${isDim && html`<span class="note">weight 0: not trained on</span>`}
      </p>
      ${message.reasoning && html`<details class="reasoning"><summary>reasoning</summary><${Text} text=${message.reasoning} sought=${sought} /></details>`}
      <${Content} content=${message.content} sought=${sought} isFolded=${message.role === "system"} />
      ${message.refusal && html`<div class="refusal"><${Text} text=${message.refusal} sought=${sought} /></div>`}
      ${(message.tool_calls ?? []).map((/** @type {any} */ call) => html`<div class="call">
        <strong>${shown(call.name ?? "call")}</strong>
        <${Json} value=${call.arguments ?? call} />
      </div>`)}
    </li>
  `;
}

/** @param {{ content: any, sought: string, isFolded: boolean }} props */
function Content({ content, sought, isFolded }) {
  if (content === undefined || content === null) return null;
  if (typeof content === "string") {
    if (!isFolded || content.length <= FOLDED_CHARS) return html`<${Text} text=${content} sought=${sought} />`;
    return html`<details><summary>${shown(content.slice(0, 120))}…</summary><${Text} text=${content} sought=${sought} /></details>`;
  }
  return content.map((/** @type {any} */ part) =>
    typeof part.text === "string" ? html`<${Text} text=${part.text} sought=${sought} />` : html`<${Json} value=${part} />`);
}

/** @param {{ text: string, sought: string }} props */
function Text({ text, sought }) {
  return blocksOf(text).map(({ text: piece, language }) =>
    language === null
      ? html`<div class="text">${found(piece, sought)}</div>`
      : html`<pre class="code"><code aria-label=${"code " + language}>${found(piece, sought)}</code></pre>`);
}

/** @param {{ value: unknown }} props */
function Json({ value }) {
  return html`<pre class="json">${shown(JSON.stringify(value, null, 2) ?? "")}</pre>`;
}

/**
 * @param {any[]} messages
 * @returns {Map<unknown, string>} the name of the tool of each call, by the number of the call
 */
function namesOfCalls(messages) {
  const names = new Map();
  for (const message of messages) {
    for (const call of message.tool_calls ?? []) names.set(call.id, call.name);
  }
  return names;
}
