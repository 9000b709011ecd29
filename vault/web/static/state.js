// The view that the address holds: filter, order and place, so that it can be kept and shared.

/**
 * @typedef {{ where: string[], text: string, queue: string, check: string, sort: string, seed: number, place: number, page: string,
 *   from: string, to: string, part: string, at: number, before: string }} View `from` and `to` are versions that are compared; `part` and `at`
 *   are what a page beside the list shows, and which of it is read; `before` is the version that statistics are shown beside
 */

const PAGES = ["examples", "stats", "compare", "clusters", "answers", "gone"];

/** @returns {View} */
export function viewInAddress() {
  const held = new URLSearchParams(location.hash.slice(1));
  return {
    where: held.getAll("where"),
    text: held.get("text") ?? "",
    queue: held.get("queue") ?? "",
    check: ["spot", "review"].find((each) => each === held.get("check")) ?? "",
    sort: held.get("sort") ?? "dataset",
    seed: number(held.get("seed")),
    place: number(held.get("place")),
    page: PAGES.find((each) => each === held.get("page")) ?? "examples",
    from: held.get("from") ?? "",
    to: held.get("to") ?? "",
    part: held.get("part") ?? "",
    at: number(held.get("at")),
    before: held.get("before") ?? "",
  };
}

/**
 * @param {string | null} text
 * @returns {number} the whole number that it is, else 0: an address may hold anything
 */
function number(text) {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

// Browsers refuse more than a hundred changes of the address in half a minute.
const EVERY_MS = 350;
let due = 0;
let late = "";

/** Writes the address that waits, so that the place is kept also where the page ends. */
function write() {
  clearTimeout(due);
  due = 0;
  if (late === "") return;
  history.replaceState(null, "", late);
  late = "";
  due = setTimeout(write, EVERY_MS);
}

addEventListener("pagehide", write);
// The entry that one comes back to has an address of its own.
addEventListener("popstate", () => {
  late = "";
});

/**
 * @param {View} view
 * @param {boolean} isStep whether the back button should lead to the view before
 */
export function keepInAddress(view, isStep) {
  const held = new URLSearchParams();
  for (const each of view.where) held.append("where", each);
  if (view.text !== "") held.set("text", view.text);
  if (view.queue !== "") held.set("queue", view.queue);
  if (view.check !== "") held.set("check", view.check);
  if (view.sort !== "dataset") held.set("sort", view.sort);
  if (view.seed !== 0) held.set("seed", String(view.seed));
  if (view.place !== 0) held.set("place", String(view.place));
  if (view.page !== "examples") held.set("page", view.page);
  for (const name of /** @type {const} */ (["from", "to", "part"])) if (view[name] !== "") held.set(name, view[name]);
  if (view.at !== 0) held.set("at", String(view.at));
  if (view.before !== "") held.set("before", view.before);
  const address = held.size > 0 ? "/#" + held : "/";
  if (isStep) {
    write();
    history.pushState(null, "", address);
    return;
  }
  late = address;
  // At once, and then also while keys come all the time.
  if (due === 0) write();
}

/**
 * @param {View} view
 * @returns {string} what asks the API for the list of a view
 */
export function queryOf(view) {
  const asked = new URLSearchParams();
  for (const each of view.where) asked.append("where", each);
  if (view.text !== "") asked.set("text", view.text);
  if (view.queue !== "") asked.set("queue", view.queue);
  asked.set("sort", view.sort);
  asked.set("seed", String(view.seed));
  return asked.toString();
}

/**
 * @param {string} name a column, or `labels.NAME`
 * @param {any} value a value of it, or `{ expression }` that stands for some
 * @param {boolean} isOut whether examples with the value are left out
 * @returns {string} an expression
 */
export function expressionFor(name, value, isOut) {
  if (value === null) return isOut ? `${name} IS NOT NULL` : `${name} IS NULL`;
  if (value.expression !== undefined) return isOut ? `NOT (${value.expression})` : value.expression;
  const literal = typeof value === "string" ? "'" + value.replaceAll("'", "''") + "'" : String(value);
  // SQL's `!=` would leave out those without the field, too; labels and splits know better.
  const without = /^(round|data|origin)/.test(name) ? "IS DISTINCT FROM" : "!=";
  return `${name} ${isOut ? without : "="} ${literal}`;
}
