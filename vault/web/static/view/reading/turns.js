// Turns: their numbers in prompt, response and rejected answer, and what a trainer makes of them.
import { html } from "../../html.js";

/** @typedef {{ asked: number, answered: number }} Sizes messages of the prompt, and of the response */

/**
 * @param {any} conversation null of a record without one
 * @returns {Sizes}
 */
export function sizesOf(conversation) {
  return { asked: conversation?.prompt?.length ?? 0, answered: conversation?.response?.length ?? 0 };
}

/**
 * @param {Sizes} sizes
 * @param {number} turn
 * @returns {boolean}
 */
export function isRejected({ asked, answered }, turn) {
  return asked + answered > 0 && turn >= asked + answered;
}

/**
 * @param {Sizes} sizes
 * @param {number} turn
 * @returns {string} such as "turn 3": a rejected answer follows the prompt, not the chosen one
 */
export function turnName(sizes, turn) {
  if (!isRejected(sizes, turn)) return `turn ${turn + 1}`;
  return `rejected turn ${turn - sizes.answered + 1}`;
}

/**
 * @typedef {{ isLearnt: boolean | null, losses: string[], cut: any, isBeyond: boolean }} SeenTurn
 */

/**
 * @param {any} view what the API answers, null if there is nothing
 * @param {number} turn
 * @param {Sizes} sizes
 * @returns {SeenTurn | null}
 */
export function seenTurn(view, turn, sizes) {
  const seen = view?.turns[turn];
  if (seen === undefined || view.unsupported !== null) return null;
  // The rejected answer follows the prompt, not the chosen one.
  const isAfter = (/** @type {number} */ cut) => turn > cut && (cut < sizes.asked || isRejected(sizes, cut) === isRejected(sizes, turn));
  const places = view.cuts.map((/** @type {any} */ each) => each.turn);
  const cut = view.cuts.find((/** @type {any} */ each) => each.turn === turn) ?? null;
  return { isLearnt: seen.is_learnt, losses: seen.losses, cut, isBeyond: places.some(isAfter) };
}

const LOSSES = /** @type {Record<string, string>} */ ({
  reasoning: "reasoning left out",
  names: "name left out",
  developer: "becomes a system message",
  weights: "weight left out",
  "earlier-turns": "meant to be trained on, but only the last answer is",
  members: "other members left out",
});

/** @param {string} loss */
export function lossOfTurn(loss) {
  return LOSSES[loss] ?? loss;
}

/** @param {{ target: string, tokens: number }} props */
export function CutLine({ target, tokens }) {
  return html`<p class="cut" role="note"><span>about here ${target} cuts at ${tokens.toLocaleString("en")} tokens (estimate)</span></p>`;
}
