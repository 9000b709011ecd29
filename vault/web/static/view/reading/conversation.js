// The turns of a conversation, both answers of a pair, and what stands beside them.
import { html } from "../../html.js";
import { Picture } from "../../later.js";
import { joinedCalls } from "./calls.js";
import { Json } from "./json.js";
import { Text } from "./rich.js";
import { Turn } from "./turn.js";
import { CutLine, seenTurn, sizesOf } from "./turns.js";
import { FILTERS } from "../values.js";

/**
 * @param {{ example: any, sought: string, isRaw: boolean, asked: string | null, view: any, findings: any[], system: any,
 *           onFilter: (name: string, value: unknown, isOut: boolean) => void }} props
 */
export function Conversation({ example, sought, isRaw, asked, view, findings, system, onFilter }) {
  const { conversation } = example;
  const trainer = view === null || view.length === null ? null : { target: view.target, tokens: view.length };
  if (conversation.text !== undefined) {
    return html`<div class="turn" data-turn="0" tabindex="-1">
      <${PlainText} text=${conversation.text} sought=${sought} isRaw=${isRaw} view=${view} trainer=${trainer} />
    </div>`;
  }
  const picturePath = (/** @type {number} */ turn, /** @type {number} */ part) => `/api/picture?${asked}&turn=${turn}&part=${part}`;
  const about = {
    sought, isRaw: isRaw || view !== null, findings, pictures: asked === null ? [] : example.pictures, picturePath,
    trainer: view === null ? null : { target: view.target, tokens: view.length ?? 0 },
    systemNote: html`<${SystemNote} system=${system} onFilter=${onFilter} />`,
  };
  const { prompt, response } = conversation;
  const rejected = conversation.rejected ?? null;
  const sizes = sizesOf(conversation);
  const messages = [...prompt, ...response];
  const joined = joinedCalls(messages, [...messages.keys()], sizes);
  const others = (rejected ?? []).map((/** @type {any} */ _, /** @type {number} */ at) => messages.length + at);
  const joinedOthers = rejected === null ? joined : joinedCalls([...prompt, ...rejected], [...prompt.keys(), ...others], sizes);
  return html`
    ${conversation.tools !== undefined && html`<details class="beside">
      <summary>${conversation.tools.length} tools</summary><${Json} value=${conversation.tools} sought=${sought} isRaw=${true} />
    </details>`}
    <ol class="turns">
      ${messages.map((message, at) => html`<${Turn} message=${message} turn=${at} number=${at + 1} joined=${joined} about=${about}
        seen=${seenTurn(view, at, sizes)} note=${rejected !== null && at >= prompt.length ? "chosen" : null} />`)}
      ${(rejected ?? []).map((/** @type {any} */ message, /** @type {number} */ at) => html`<${Turn} message=${message} turn=${others[at]}
        number=${prompt.length + at + 1} joined=${joinedOthers} about=${about} seen=${seenTurn(view, others[at], sizes)} note="rejected" />`)}
    </ol>
    ${conversation.desirable !== undefined && html`<p class="beside">The answer is marked as ${conversation.desirable ? "good" : "bad"}.</p>`}
    ${conversation.media !== undefined && html`<${Media} media=${conversation.media} pictures=${about.pictures} picturePath=${picturePath} />`}
  `;
}

/** @param {{ text: string, sought: string, isRaw: boolean, view: any, trainer: { target: string, tokens: number } | null }} props */
function PlainText({ text, sought, isRaw, view, trainer }) {
  const kept = view?.cuts[0]?.kept ?? null;
  if (kept === null || trainer === null) return html`<${Text} text=${text} sought=${sought} isRaw=${isRaw || view !== null} />`;
  return html`<${Text} text=${text.slice(0, kept)} sought=${sought} isRaw=${true} />
    <${CutLine} ...${trainer} />
    <s><${Text} text=${text.slice(kept)} sought=${sought} isRaw=${true} /></s>`;
}

/** @param {{ system: any, onFilter: (name: string, value: unknown, isOut: boolean) => void }} props */
function SystemNote({ system, onFilter }) {
  if (system === null) return null;
  const told = system.examples === 1 ? "in this example alone" : `in ${system.examples.toLocaleString("en")} examples`;
  const named = `system #${system.number.toLocaleString("en")}, ${told}`;
  if (system.text === null || system.examples === 1) return html`<span class="note">${named}</span>`;
  return html`<button class="jump" title=${FILTERS}
    onClick=${(/** @type {MouseEvent} */ event) => onFilter("system", system.text, event.shiftKey)}>${named}</button>`;
}

/** @param {{ media: any, pictures: any[], picturePath: (turn: number, part: number) => string }} props */
function Media({ media, pictures, picturePath }) {
  return html`
    ${pictures.filter((each) => each.turn === null).map((each) => html`<${Picture} key=${each.part} path=${picturePath(-1, each.part)} sizeBytes=${each.size_bytes} />`)}
    <details class="beside"><summary>media</summary><${Json} value=${media} isRaw=${true} /></details>`;
}
