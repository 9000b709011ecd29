// Calls of tools and their results, joined by the number of the call: each leads to the other.
import { html } from "../../html.js";
import { shown } from "../../text.js";
import { Json, valueIn } from "./json.js";
import { goTo } from "./modes.js";
import { Text } from "./rich.js";
import { turnName } from "./turns.js";

/**
 * @typedef {{ calls: Map<unknown, { name: string, turn: number }>, results: Map<unknown, number>,
 *             nameOf: (turn: number) => string }} Joined
 */

/**
 * @param {any[]} messages of one side
 * @param {number[]} turns the number of each in the example
 * @param {import("./turns.js").Sizes} sizes
 * @returns {Joined} where each call stands, and where the first result of each
 */
export function joinedCalls(messages, turns, sizes) {
  const nameOf = (/** @type {number} */ turn) => turnName(sizes, turn);
  const joined = /** @type {Joined} */ ({ calls: new Map(), results: new Map(), nameOf });
  messages.forEach((message, at) => {
    for (const call of message.tool_calls ?? []) {
      if (!joined.calls.has(call.id)) joined.calls.set(call.id, { name: call.name ?? "call", turn: turns[at] });
    }
    const answered = answeredCall(message);
    if (answered !== null && !joined.results.has(answered)) joined.results.set(answered, turns[at]);
  });
  return joined;
}

/** @param {any} message */
function answeredCall(message) {
  if (message.role !== "tool") return null;
  // A record's own member of this name comes first.
  const call = Array.isArray(message.call) ? message.call[1] : message.call;
  return call ?? null;
}

/** @param {{ message: any, joined: Joined }} props */
export function AnsweredCall({ message, joined }) {
  if (message.role !== "tool") return null;
  const answered = answeredCall(message);
  const call = answered === null ? undefined : joined.calls.get(answered);
  if (call === undefined) {
    const name = message.name ? ` of ${message.name}` : "";
    return html`<span class="note warn">${shown(`answer${name} to no call`)}</span>`;
  }
  return html`<${Jump} selector=${`[data-turn="${call.turn}"]`}>answer of ${shown(call.name)}, called in ${joined.nameOf(call.turn)}<//>`;
}

/** @param {{ call: any, joined: Joined, sought: string, isRaw: boolean }} props */
export function Call({ call, joined, sought, isRaw }) {
  const result = joined.results.get(call.id);
  return html`
    <div class="call">
      <p class="role"><strong>${shown(call.name ?? "call")}</strong>
        ${result === undefined
          ? html`<span class="note warn">no answer</span>`
          : html`<${Jump} selector=${`[data-turn="${result}"]`}>answered in ${joined.nameOf(result)}<//>`}
      </p>
      <${Json} value=${call.arguments ?? call} sought=${sought} isRaw=${isRaw} />
    </div>
  `;
}

/**
 * What a tool answers: JSON written out where it is JSON.
 * @param {{ text: string, sought: string, isRaw: boolean }} props
 */
export function Result({ text, sought, isRaw }) {
  const value = isRaw ? undefined : valueIn(text);
  if (value === undefined) return html`<${Text} text=${text} sought=${sought} isRaw=${true} />`;
  return html`<${Json} value=${value} sought=${sought} />`;
}

/** @param {any} props */
function Jump({ selector, children }) {
  return html`<button class="jump" onClick=${(/** @type {any} */ event) => goTo(event.currentTarget, selector)}>${children}</button>`;
}
