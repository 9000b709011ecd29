// The numbers of turns: messages of the prompt, of the response, and of the rejected answer.

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
