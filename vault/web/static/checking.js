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
 * @param {{ view: import("./state.js").View, pages: import("./pages.js").Pages, isStaged: boolean,
 *           seen: (row: any) => Record<string, any>, give: (name: string, act: any) => void, move: (by: number) => void,
 *           onEdit: () => void, onEnd: () => void }} props
 */
export function useChecking({ view, pages, isStaged, seen, give, move, onEdit, onEnd }) {
  const check = CHECKS[view.check];
  const [goal, setGoal] = useState(() => Number(sessionStorage.getItem(KEPT_GOAL) ?? 5));
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
    if (!isStaged) return;
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
      ${view.check === "spot" && html`<label>goal: under <input class="goal" type="number" min="0.1" max="99" step="any" value=${goal}
        onChange=${(/** @type {any} */ event) => {
          const typed = Number(event.target.value);
          if (!(typed > 0 && typed < 100)) return;
          sessionStorage.setItem(KEPT_GOAL, String(typed));
          setGoal(typed);
        }} /> % bad</label>`}
      <button onClick=${onEnd}>End</button>
      <span role="status">${view.check === "spot" ? told(good, bad, pages.total ?? 0, goal / 100) : `${good} accepted, ${bad} rejected`}</span>
    </section>
  `;
  // Rows show what was said in the check, not the label that is given otherwise.
  return { keys, bar, listed: { own: check.label, name: check.label } };
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
  const [least, most] = [lowerBound(bad, count), upperBound(bad, count)];
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
 * The exact one-sided bound of Clopper and Pearson (1934): with a larger share, so few bad ones would be found
 * in one sample of twenty at most.
 * @param {number} bad
 * @param {number} count
 */
export function upperBound(bad, count) {
  return bad >= count ? 1 : root((share) => atMost(bad, count, share) - (1 - CONFIDENCE));
}

/**
 * @param {number} bad
 * @param {number} count
 * @returns {number} the share above which the true one is, with the same confidence
 */
export function lowerBound(bad, count) {
  return bad === 0 ? 0 : root((share) => atMost(bad - 1, count, share) - CONFIDENCE);
}

/** @param {(share: number) => number} falling */
function root(falling) {
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (falling(middle) > 0) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * @param {number} most
 * @param {number} count
 * @param {number} share
 * @returns {number} how likely it is that so many, or fewer, of `count` are bad
 */
function atMost(most, count, share) {
  let log = count * Math.log1p(-share);
  let sum = Math.exp(log);
  for (let bad = 1; bad <= most; bad += 1) {
    log += Math.log(count - bad + 1) - Math.log(bad) + Math.log(share) - Math.log1p(-share);
    sum += Math.exp(log);
  }
  return sum;
}
