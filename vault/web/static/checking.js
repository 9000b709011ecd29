// Spot-checks and reviews: one example after another is accepted or rejected by a key.
import { useEffect, useRef } from "./vendor/hooks.js";
import { html } from "./html.js";
import { Later } from "./later.js";

/** @typedef {{ label: string, yes: string, no: string, told: string }} Check */

/** @type {Record<string, Check>} */
const CHECKS = {
  spot: { label: "spot_check", yes: "good", no: "bad", told: "Spot-check" },
  review: { label: "review", yes: "accepted", no: "rejected", told: "Review" },
};
const PENDING = "labels.review = 'pending'";

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
  const furthest = useRef(0);
  useEffect(() => {
    furthest.current = view.place;
    // A sample that is gone on with after a reload counts from its beginning.
    if (check !== undefined && pages.total !== null) pages.want(0, view.place);
  }, [pages, pages.total === null, view.check]);
  if (check === undefined) return null;
  furthest.current = Math.max(furthest.current, view.place);
  const say = (/** @type {string} */ value) => () => {
    if (!isReady()) return;
    give(check.label, { value });
    move(1);
  };
  /** @type {Record<string, () => void>} */
  const keys = { a: say(check.yes), x: say(check.no), " ": () => move(1), E: onEdit };
  const bar = html`<${Later} load=${() => import("./view/checkbar.js").then((found) => found.CheckBar)} check=${check} isSpot=${view.check === "spot"}
    pages=${pages} seen=${seen} place=${view.place} furthest=${furthest.current} isStaged=${isStaged} said=${said} keys=${keys} onEdit=${onEdit} onEnd=${onEnd} />`;
  // Rows show what was said in the check, not the label that is given otherwise.
  return { keys, bar, listed: { own: check.label, name: check.label } };
}
