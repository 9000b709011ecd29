// What is chosen: the expressions, each to be taken back, the order, and how many examples that are.
import { useEffect, useState } from "../vendor/hooks.js";
import { checkView } from "../checking.js";
import { html } from "../html.js";
import { Failure, shown } from "../text.js";

const SORTS = [
  ["dataset", "as in the dataset"],
  ["-tokens", "longest first"],
  ["tokens", "shortest first"],
  ["-turns", "most turns first"],
  ["random", "at random"],
];

/**
 * @param {any[]} choices
 * @returns {string[][]} queues and what they are called
 */
function queuesOf(choices) {
  const own = choices.map((each) => [each.name, `without your ${each.name}`]);
  const several = choices.some((each) => each.raters > 1) ? [["conflicts", "people differ"]] : [];
  const waits = choices.some((each) => each.name === "review" && each.values.includes("pending"));
  const review = waits ? [["check review", "waiting for review"]] : [];
  return [["", "all examples"], ...own, ...several, ["disagreement", "judge and people differ"], ...review, ["check spot", "spot-check"]];
}

/** @param {any[]} choices */
function sortsOf(choices) {
  return choices.flatMap(({ name }) => [
    [`labels.${name}`, `by ${name}, least first`],
    [`-labels.${name}`, `by ${name}, most first`],
  ]);
}

/** @param {import("../state.js").View} view */
function shownQueue(view) {
  return view.check === "" ? view.queue : `check ${view.check}`;
}

/**
 * @param {string} queue
 * @param {import("../state.js").View} view
 */
function queueView(queue, view) {
  if (queue.startsWith("check ")) return checkView(queue.slice(6), view);
  return { ...checkView("", view), queue };
}

/** @param {any} props */
export function Filters({ view, choices, isLabelled, fixed, error, count, of, searched, input, searchInput, onGo, onFields }) {
  const [typed, setTyped] = useState("");
  const [sought, setSought] = useState(view.text);
  useEffect(() => setSought(view.text), [view.text]);
  const search = (/** @type {Event} */ event) => {
    event.preventDefault();
    onGo({ text: sought.trim(), place: 0 });
  };
  const add = (/** @type {Event} */ event) => {
    event.preventDefault();
    const text = typed.trim();
    if (text === "" || view.where.includes(text)) return;
    onGo({ where: [...view.where, text], place: 0 });
    setTyped("");
  };
  const without = (/** @type {number} */ at) =>
    onGo({ where: view.where.filter((/** @type {string} */ _, /** @type {number} */ n) => n !== at), place: 0 });
  const sort = (/** @type {any} */ event) =>
    onGo({ sort: event.target.value, place: 0, seed: event.target.value === "random" ? view.seed : 0 });
  const told = count === null ? "…" : count.toLocaleString("en");
  return html`
    <section class="filters" aria-label="Filter">
      <button class="to-fields" onClick=${onFields}><kbd>v</kbd> Fields</button>
      <form onSubmit=${add}>
        <label><span class="unseen">Expression</span>
          <input type="text" ref=${input} value=${typed} autocomplete="off" spellcheck=${false}
            placeholder="expression, such as tokens > 500   (e)"
            onInput=${(/** @type {any} */ event) => setTyped(event.target.value)} />
        </label>
      </form>
      <form class="search" role="search" onSubmit=${search}>
        <label><span class="unseen">Text</span>
          <input type="search" ref=${searchInput} value=${sought} autocomplete="off" placeholder="find a text   (/)"
            onInput=${(/** @type {any} */ event) => setSought(event.target.value)} />
        </label>
      </form>
      ${isLabelled && html`<label><span class="unseen">Queue</span>
        <select value=${shownQueue(view)} onChange=${(/** @type {any} */ event) => onGo(queueView(event.target.value, view))}>
          ${queuesOf(choices).map(([queue, name]) => html`<option value=${queue} selected=${queue === shownQueue(view)}>${shown(name)}</option>`)}
        </select></label>`}
      <label class="sort"><span class="unseen">Order</span>
        <select value=${view.sort} onChange=${sort}>
          ${[...SORTS, ...sortsOf(choices)].map(([value, name]) => html`<option value=${value} selected=${value === view.sort}>${name}</option>`)}
        </select>
      </label>
      ${view.sort === "random" && html`<button onClick=${() => onGo({ seed: view.seed + 1, place: 0 })}>Draw again</button>`}
      <p class="count" role="status"><strong>${told}</strong>${count !== null && count !== of && ` of ${of.toLocaleString("en")}`} examples${searched < 1 && `, ${Math.floor(searched * 100)} % searched`}</p>
      ${(fixed.length > 0 || view.where.length > 0 || view.text !== "") && html`<ul class="chosen">
        ${fixed.map((/** @type {string} */ each) => html`<li class="chip"><code>${shown(each)}</code></li>`)}
        ${view.text !== "" && html`<li><button class="chip" aria-label=${"Take back the text " + view.text}
          onClick=${() => onGo({ text: "", place: 0 })}>“${shown(view.text)}” ×</button></li>`}
        ${view.where.map((/** @type {string} */ each, /** @type {number} */ at) => html`<li>
          <button class="chip" aria-label=${"Take back " + each} onClick=${() => without(at)}><code>${shown(each)}</code> ×</button>
        </li>`)}
      </ul>`}
      <${Failure} error=${error} />
    </section>
  `;
}
