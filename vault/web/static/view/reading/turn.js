// One turn of a chat: who says it, what it says, and what is said about it.
import { html } from "../../html.js";
import { Picture } from "../../later.js";
import { found, shown } from "../../text.js";
import { AnsweredCall, Call, Result } from "./calls.js";
import { Json } from "./json.js";
import { Text } from "./rich.js";
import { CutLine, lossOfTurn } from "./turns.js";

const FOLDED_CHARS = 600;

/**
 * @typedef {{ sought: string, isRaw: boolean, findings: any[], pictures: any[], picturePath: (turn: number, part: number) => string,
 *             trainer: { target: string, tokens: number } | null, systemNote: any }} About
 */

/**
 * @param {{ message: any, turn: number, number: number, note: string | null, joined: import("./calls.js").Joined,
 *           seen: import("./turns.js").SeenTurn | null, about: About }} props
 */
export function Turn({ message, turn, number, note, joined, seen, about }) {
  const { sought } = about;
  const isUnweighed = seen === null && message.weight === 0;
  const isDim = isUnweighed || seen?.isLearnt === false || seen?.isBeyond;
  const losses = (seen?.losses ?? []).map(lossOfTurn);
  return html`
    <li class=${`turn ${classOf(message.role)}${isDim ? " dim" : ""}`} data-turn=${turn} tabindex="-1">
      <p class="role">
        <span class="number">${number}</span> <strong>${shown(message.role)}</strong>
        ${message.name && (seen?.losses.includes("names") ? html`<s>${shown(message.name)}</s>` : html`<span>${shown(message.name)}</span>`)}
        <${AnsweredCall} message=${message} joined=${joined} />
        ${note && html`<span class="note">${note}</span>`}
        ${isUnweighed && html`<span class="note">weight 0: not trained on</span>`}
        ${seen !== null && seen.isLearnt !== null && html`<span class=${"note" + (seen.isLearnt ? " learnt" : "")}>${seen.isLearnt ? "trained on" : "not trained on"}</span>`}
        ${losses.map((told) => html`<span class="note warn">${told}</span>`)}
        ${seen?.isBeyond && html`<span class="note warn">beyond the cut</span>`}
        ${isSystem(message) && about.systemNote}
        ${about.findings.filter((each) => each.turn === turn).map((each) => html`<span class=${"note of-" + each.severity} title=${each.message}>${each.severity} ${shown(`${each.code} ${each.name}`)}</span>`)}
      </p>
      <${Reasoning} message=${message} seen=${seen} about=${about} />
      <${Content} message=${message} turn=${turn} seen=${seen} about=${about} />
      ${message.refusal && html`<div class="refusal"><${Text} text=${message.refusal} sought=${sought} isRaw=${about.isRaw} /></div>`}
      ${(message.tool_calls ?? []).map((/** @type {any} */ call) => html`<${Call} call=${call} joined=${joined} sought=${sought} isRaw=${about.isRaw} />`)}
      ${seen?.cut?.member === "others" && about.trainer !== null && html`<${CutLine} ...${about.trainer} />`}
    </li>
  `;
}

/** @param {any} role */
function classOf(role) {
  return ["system", "developer", "user", "assistant", "tool"].includes(role) ? role : "";
}

/** @param {any} message */
function isSystem(message) {
  return message.role === "system" || message.role === "developer";
}

/** @param {{ message: any, seen: import("./turns.js").SeenTurn | null, about: About }} props */
function Reasoning({ message, seen, about }) {
  if (!message.reasoning) return null;
  if (typeof message.reasoning !== "string") {
    return html`<details class="reasoning"><summary>reasoning</summary><${Json} value=${message.reasoning} /></details>`;
  }
  const isLost = seen?.losses.includes("reasoning");
  return html`<details class="reasoning" open=${seen !== null}>
    <summary>reasoning${isLost && ", left out"}</summary>
    ${isLost ? html`<s><${Text} text=${message.reasoning} sought=${about.sought} isRaw=${true} /></s>`
      : html`<${Cuttable} text=${message.reasoning} member="reasoning" seen=${seen} about=${about} />`}
  </details>`;
}

/** @param {{ message: any, turn: number, seen: import("./turns.js").SeenTurn | null, about: About }} props */
function Content({ message, turn, seen, about }) {
  const { content } = message;
  const { sought, isRaw } = about;
  if (content === undefined || content === null) return null;
  if (typeof content === "string") {
    if (message.role === "tool" && seen === null) return html`<${Result} text=${content} sought=${sought} isRaw=${isRaw} />`;
    const text = html`<${Cuttable} text=${content} member="content" seen=${seen} about=${about} />`;
    if (!isSystem(message) || content.length <= FOLDED_CHARS) return text;
    return html`<details><summary>${found(content.slice(0, 120), sought)}…</summary>${text}</details>`;
  }
  if (!Array.isArray(content)) return html`<${Json} value=${content} sought=${sought} />`;
  return content.map((part, at) => {
    const text = textOf(part);
    if (text !== null) {
      return html`${part.type !== undefined && part.type !== "text" && html`<p class="aside">${shown(String(part.type))}</p>`}
        <${Text} text=${text} sought=${sought} isRaw=${isRaw} />`;
    }
    const picture = about.pictures.find((each) => each.turn === turn && each.part === at);
    return html`${picture !== undefined && html`<${Picture} path=${about.picturePath(turn, at)} sizeBytes=${picture.size_bytes} />`}
      ${picture === undefined ? html`<${Json} value=${part} sought=${sought} />`
        : html`<details class="beside"><summary>part</summary><${Json} value=${part} sought=${sought} isRaw=${true} /></details>`}`;
  });
}

const TEXTS = ["text", "value", "thinking", "reasoning"];

/**
 * @param {any} part of a message's content
 * @returns {string | null} its text, if it has nothing else but a type
 */
function textOf(part) {
  const names = Object.keys(part ?? {}).filter((name) => name !== "type");
  const isText = names.length === 1 && TEXTS.includes(names[0]) && typeof part[names[0]] === "string";
  return isText ? part[names[0]] : null;
}

/** @param {{ text: string, member: string, seen: import("./turns.js").SeenTurn | null, about: About }} props */
function Cuttable({ text, member, seen, about }) {
  const { sought, trainer } = about;
  if (seen === null || trainer === null) return html`<${Text} text=${text} sought=${sought} isRaw=${about.isRaw} />`;
  if (seen.isBeyond) return html`<s><${Text} text=${text} sought=${sought} isRaw=${true} /></s>`;
  if (seen.cut?.member !== member || seen.cut.kept === null) {
    const isAfter = member === "content" && seen.cut?.member === "reasoning";
    const whole = html`<${Text} text=${text} sought=${sought} isRaw=${true} />`;
    return isAfter ? html`<s>${whole}</s>` : whole;
  }
  const { kept } = seen.cut;
  return html`<${Text} text=${text.slice(0, kept)} sought=${sought} isRaw=${true} />
    <${CutLine} ...${trainer} />
    <s><${Text} text=${text.slice(kept)} sought=${sought} isRaw=${true} /></s>`;
}
