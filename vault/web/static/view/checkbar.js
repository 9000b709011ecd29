// What is shown of a spot-check or a review: what was said so far, and what a sample proves.
import { useState } from "../vendor/hooks.js";
import { html } from "../html.js";

const CONFIDENCE = 0.95;
const KEPT_GOAL = "vault.goal";

/**
 * @param {{ check: import("../checking.js").Check, isSpot: boolean, pages: import("../pages.js").Pages,
 *           seen: (row: any) => Record<string, any>, place: number, furthest: number, isStaged: boolean, said: string,
 *           keys: Record<string, () => void>, onEdit: () => void, onEnd: () => void }} props
 */
export function CheckBar({ check, isSpot, pages, seen, place, furthest, isStaged, said, keys, onEdit, onEnd }) {
  const [typed, setTyped] = useState(() => sessionStorage.getItem(KEPT_GOAL) ?? "5");
  // While it is typed, the one before holds.
  const goal = Number(isGoal(typed) ? typed : sessionStorage.getItem(KEPT_GOAL) ?? 5);
  const { good, bad } = counted(check, pages, seen, furthest);
  const now = seen(pages.row(place))[check.label];
  return html`
    <section class="labelbar" aria-label=${check.told}>
      <strong>${check.told}</strong>
      <button aria-pressed=${now === check.yes} disabled=${!isStaged} onClick=${keys.a}><kbd>a</kbd> ${check.yes}</button>
      <button aria-pressed=${now === check.no} disabled=${!isStaged} onClick=${keys.x}><kbd>x</kbd> ${check.no}</button>
      <button onClick=${keys[" "]}><kbd>space</kbd> skip</button>
      <button disabled=${!isStaged} onClick=${onEdit}><kbd>E</kbd> edit</button>
      ${isSpot && html`<label>goal: under <input class="goal" type="number" min="0.1" max="99" step="any" value=${typed}
        onInput=${(/** @type {any} */ event) => {
          setTyped(event.target.value);
          if (isGoal(event.target.value)) sessionStorage.setItem(KEPT_GOAL, event.target.value);
        }} /> % bad</label>`}
      <button onClick=${onEnd}>End</button>
      <span role="status">${isSpot ? told(good, bad, pages.total ?? 0, goal / 100) : `${good} accepted, ${bad} rejected`}${said !== "" && ` (${said})`}</span>
    </section>
  `;
}

/** @param {string} typed */
function isGoal(typed) {
  return Number(typed) > 0 && Number(typed) < 100;
}

/**
 * @param {import("../checking.js").Check} check
 * @param {import("../pages.js").Pages} pages
 * @param {(row: any) => Record<string, any>} seen
 * @param {number} last the furthest place that was looked at
 */
function counted(check, pages, seen, last) {
  let good = 0;
  let bad = 0;
  for (let place = 0; place <= last; place += 1) {
    const row = pages.row(place);
    const value = row === null ? undefined : seen(row)[check.label];
    if (value === check.yes) good += 1;
    else if (value === check.no) bad += 1;
  }
  return { good, bad };
}

/**
 * @param {number} good
 * @param {number} bad
 * @param {number} total
 * @param {number} goal
 */
function told(good, bad, total, goal) {
  const count = good + bad;
  if (count === 0) return "nothing checked yet";
  const [least, most] = shareBounds(bad, count, goal);
  const found = `${bad} bad in ${count} of ${total.toLocaleString("en")}: under ${percent(most)} are bad, with 95 % confidence.`;
  if (most < goal) return `${found} The goal is reached.`;
  if (least > goal) return `${found} More than ${percent(goal)} are bad.`;
  return found;
}

/** @param {number} share */
function percent(share) {
  // Rounded up: a bound that is told has to hold.
  return `${(Math.ceil(share * 1_000) / 10).toLocaleString("en")} %`;
}

/**
 * The shares that the sample does not speak against, however often one looked: those to which the likelihood gives
 * more than a twentieth of what it is on average over a prior around the goal (Robbins, 1970; Ville's inequality).
 * @param {number} bad
 * @param {number} count
 * @param {number} goal the mean of the prior, Beta(1, 1/goal − 1)
 * @returns {[number, number]} the least and the largest share
 */
export function shareBounds(bad, count, goal) {
  const good = count - bad;
  const average = rising(1, bad) + rising(1 / goal - 1, good) - rising(1 / goal, count);
  const isIn = (/** @type {number} */ share) =>
    bad * Math.log(share) + good * Math.log1p(-share) > average + Math.log(1 - CONFIDENCE);
  const found = bad / count;
  return [bad === 0 ? 0 : edge(found, 0, isIn), good === 0 ? 1 : edge(found, 1, isIn)];
}

/**
 * @param {number} inside
 * @param {number} outside
 * @param {(share: number) => boolean} isIn
 * @returns {number} the first share that is out
 */
function edge(inside, outside, isIn) {
  for (let step = 0; step < 60; step += 1) {
    const middle = (inside + outside) / 2;
    if (isIn(middle)) inside = middle;
    else outside = middle;
  }
  return outside;
}

/**
 * @param {number} from
 * @param {number} count
 * @returns {number} the logarithm of `from` × (`from` + 1) × …, `count` factors
 */
function rising(from, count) {
  let log = 0;
  for (let at = 0; at < count; at += 1) log += Math.log(from + at);
  return log;
}
