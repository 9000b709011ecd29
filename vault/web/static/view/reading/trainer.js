// What a trainer makes of the turns of an example: whether it learns them, what is lost, where it cuts.
import { html } from "../../html.js";
import { isRejected } from "./turns.js";

/**
 * @typedef {{ isLearnt: boolean | null, losses: string[], cut: any, isBeyond: boolean }} SeenTurn
 */

/**
 * @param {any} view what the API answers, null if there is nothing
 * @param {number} turn
 * @param {import("./turns.js").Sizes} sizes
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
