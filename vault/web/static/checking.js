// Spot-checks and reviews: one example after another is accepted or rejected by a key.
import { useEffect, useRef, useState } from "./vendor/hooks.js";
import { html } from "./html.js";

const CONFIDENCE = 0.95;
const KEPT_GOAL = "vault.goal";

/** @typedef {{ label: string, yes: string, no: string, told: string }} Check */

/** @type {Record<string, Check>} */
export const CHECKS = {
  spot: { label: "spot_check", yes: "good", no: "bad", told: "Spot-check" },
  review: { label: "review", yes: "accepted", no: "rejected", told: "Review" },
};
export const PENDING = "labels.review = 'pending'";

/**
 * @param {string} which
 * @param {import("./state.js").View} view
 * @returns {Partial<import("./state.js").View>} what leads to a check of what is chosen, or out of it
 */
export function checkView(which, view) {
  const where = view.where.filter((each) => each !== PENDING);
  if (which === "review") return { check: which, where: [...where, PENDING], queue: "", place: 0 };
  const seed = Math.floor(Math.random() * 1_000_000);
  if (which === "spot") return { check: which, where, queue: "", sort: "random", seed, place: 0 };
  return { check: "", where, sort: view.check === "spot" ? "dataset" : view.sort, place: 0 };
}

/**
 * @param {{ view: import("./state.js").View, pages: import("./pages.js").Pages, isStaged: boolean, isReady: () => boolean, said: string,
 *           seen: (row: any) => Record<string, any>, give: (name: string, act: any) => void, move: (by: number) => void,
 *           onEdit: () => void, onEnd: () => void }} props
 */
export function useChecking({ view, pages, isStaged, isReady, said, seen, give, move, onEdit, onEnd }) {
  const check = CHECKS[view.check];
  const [typed, setTyped] = useState(() => sessionStorage.getItem(KEPT_GOAL) ?? "5");
  // While it is typed, the one before holds.
  const goal = Number(isGoal(typed) ? typed : sessionStorage.getItem(KEPT_GOAL) ?? 5);
  const furthest = useRef(0);
  useEffect(() => {
    furthest.current = view.place;
    // A sample that is gone on with after a reload counts from its beginning.
    if (check !== undefined && pages.total !== null) pages.want(0, view.place);
  }, [pages, pages.total === null, view.check]);
  if (check === undefined) return null;
  furthest.current = Math.max(furthest.current, view.place);
  const { good, bad } = counted(check, pages, seen, furthest.current);
  const say = (/** @type {string} */ value) => () => {
    if (!isReady()) return;
    give(check.label, { value });
    move(1);
  };
  /** @type {Record<string, () => void>} */
  const keys = { a: say(check.yes), x: say(check.no), " ": () => move(1), E: onEdit };
  const now = seen(pages.row(view.place))[check.label];
  const bar = html`
    <section class="labelbar" aria-label=${check.told}>
      <strong>${check.told}</strong>
      <button aria-pressed=${now === check.yes} disabled=${!isStaged} onClick=${keys.a}><kbd>a</kbd> ${check.yes}</button>
      <button aria-pressed=${now === check.no} disabled=${!isStaged} onClick=${keys.x}><kbd>x</kbd> ${check.no}</button>
      <button onClick=${keys[" "]}><kbd>space</kbd> skip</button>
      <button disabled=${!isStaged} onClick=${onEdit}><kbd>E</kbd> edit</button>
      ${view.check === "spot" && html`<label>goal: under <input class="goal" type="number" min="0.1" max="99" step="any" value=${typed}
        onInput=${(/** @type {any} */ event) => {
          setTyped(event.target.value);
          if (isGoal(event.target.value)) sessionStorage.setItem(KEPT_GOAL, event.target.value);
        }} /> % bad</label>`}
      <button onClick=${onEnd}>End</button>
      <span role="status">${view.check === "spot" ? told(good, bad, pages.total ?? 0, goal / 100) : `${good} accepted, ${bad} rejected`}${said !== "" && ` (${said})`}</span>
    </section>
  `;
  // Rows show what was said in the check, not the label that is given otherwise.
  return { keys, bar, listed: { own: check.label, name: check.label } };
}

/** @param {string} typed */
function isGoal(typed) {
  return Number(typed) > 0 && Number(typed) < 100;
}

/**
 * @param {Check} check
 * @param {import("./pages.js").Pages} pages
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
