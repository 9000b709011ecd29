// The explorer: opens a session, and shows the list, the example that is read, and the statistics.
import { render } from "./vendor/preact.js";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "./vendor/hooks.js";
import { entered, OVERVIEW } from "./ahead.js";
import { get } from "./api.js";
import { useChanges } from "./changes.js";
import { html } from "./html.js";
import { useLabelling } from "./labelling.js";
import { Later, loadAhead } from "./later.js";
import { expressionFor, keepInAddress, queryOf, viewInAddress } from "./state.js";
import { Failure, shown } from "./text.js";
import { focusOn, movingKeys, useAnswer, useExample, useKeys, useList, useSettled } from "./use.js";
import { Facets } from "./view/facets.js";
import { Filters } from "./view/filters.js";
import { List, Steps } from "./view/list.js";
// Its keys work before an example is there.
import "./view/reading/modes.js";

const MOST_TOLD = 5;
const TABS = { examples: "Examples", stats: "Statistics", compare: "Compare", clusters: "Clusters", answers: "Answers", gone: "Gone" };
// Pages that are loaded when they are first wanted: the list is there sooner.
/** @type {Record<string, () => Promise<any>>} */
const APART = {
  compare: () => import("./view/compare.js").then((found) => found.Compare),
  clusters: () => import("./view/clusters.js").then((found) => found.Clusters),
  answers: () => import("./view/pairs.js").then((found) => found.Answers),
  gone: () => import("./view/gone.js").then((found) => found.Gone),
};
// The list comes first: what shows an example is loaded meanwhile.
const readingPane = () => import("./view/example.js").then((found) => found.Example);

function App() {
  const [overview, setOverview] = useState(/** @type {any} */ (null));
  const [refused, setRefused] = useState(/** @type {any} */ (null));
  const read = () => get(OVERVIEW).then(setOverview, setRefused);
  // Both answers are on their way: waiting for a frame first, as other effects do, makes them late.
  useLayoutEffect(() => {
    entered.then(read, setRefused);
  }, []);
  useEffect(() => {
    if (overview !== null) document.title = `${overview.name} – vault`;
  }, [overview]);
  if (refused !== null) return html`<${Stopped} refused=${refused} />`;
  if (overview === null) return html`<p class="loading" role="status">Reading…</p>`;
  // Another branch is another page: nothing of the one before may stay.
  return html`<${Explorer} key=${overview.branch} overview=${overview} onAgain=${read} />`;
}

/** @param {{ overview: any, onAgain: () => void }} props */
function Explorer({ overview, onAgain }) {
  const [view, setView] = useState(viewInAddress);
  const [error, setError] = useState(/** @type {any} */ (null));
  const [told, setTold] = useState("");
  const [isHelp, setHelp] = useState(false);
  const [isFields, setFields] = useState(false);
  const [isReading, setReading] = useState(false);
  const [steps, setSteps] = useState(0);
  const list = useList(view, setError);
  // The rows come first: counting takes all of a core for a moment.
  const isCounted = list.pages.total !== null;
  const counted = `/api/stats?${queryOf({ ...view, text: "", queue: "", sort: "dataset", seed: 0 })}`;
  const example = useExample(view, list);
  useEffect(() => {
    if (isCounted) loadAhead(readingPane).catch(() => {}); // who wants it is told
  }, [isCounted]);
  const expression = useRef(/** @type {any} */ (null));
  const search = useRef(/** @type {any} */ (null));
  const pane = useRef(/** @type {any} */ (null));
  const isAsked = useRef(false);

  const go = useCallback((/** @type {Partial<import("./state.js").View>} */ change, isStep = true) => {
    setView((before) => {
      const next = { ...before, ...change };
      keepInAddress(next, isStep);
      return next;
    });
  }, []);
  const filter = useCallback((/** @type {string} */ name, /** @type {unknown} */ value, isOut = false) => {
    const added = expressionFor(name, value, isOut);
    setView((before) => {
      if (before.where.includes(added)) return { ...before, page: "examples" };
      const next = { ...before, where: [...before.where, added], place: 0, page: "examples" };
      keepInAddress(next, true);
      return next;
    });
  }, []);
  useEffect(() => {
    const back = () => setView(viewInAddress());
    addEventListener("popstate", back);
    return () => removeEventListener("popstate", back);
  }, []);

  useEffect(() => {
    // Whoever goes elsewhere meanwhile, or types on, keeps the focus: what is typed is no key of the list.
    const forget = (/** @type {any} */ event) => {
      if (!["Shift", "Control", "Alt", "Meta"].includes(event.key)) isAsked.current = false;
    };
    const acts = ["focusin", "keydown"];
    for (const each of acts) addEventListener(each, forget, true);
    return () => {
      for (const each of acts) removeEventListener(each, forget, true);
    };
  }, []);
  useLayoutEffect(() => {
    // A text that was typed is right: keys are for the list again. One that is wrong is typed on.
    if (error !== null) isAsked.current = false;
    if (!isAsked.current || list.pages.total === null) return;
    isAsked.current = false;
    const typing = /** @type {HTMLInputElement} */ (document.activeElement);
    if (![expression.current, search.current].includes(typing) || !["", view.text].includes(typing.value.trim())) return;
    typing.blur();
    /** @type {HTMLElement | null} */ (document.querySelector(".list"))?.focus({ preventScroll: true });
  }, [list.pages, list.pages.total, error]);

  const isStats = view.page === "stats";
  const total = list.pages.total ?? 0;
  const row = list.pages.row(view.place);
  useEffect(() => {
    // An address may name a place that is not there any more.
    if (total > 0 && view.place >= total) go({ place: total - 1 }, false);
  }, [total, view.place]);
  useEffect(() => {
    if (pane.current !== null) pane.current.scrollTop = 0;
  }, [view.place, list.pages]);
  const move = (/** @type {number} */ by) => {
    const place = Math.min(Math.max(view.place + by, 0), Math.max(total - 1, 0));
    if (place !== view.place) go({ place }, false);
    // The list tells a screen reader where it is, as long as it has the focus.
    if (document.activeElement === document.body) focusOn(".list");
    // Also where it stays the same: the list may have been scrolled away from it.
    setSteps((before) => before + 1);
  };
  const labelling = useLabelling({ overview, view, pages: list.pages, read: example.found, go, move, again: list.again, onTold: setTold });
  const { labels, seen } = labelling;
  const stats = useAnswer(isCounted ? counted : null, setError, useSettled(labels));
  const changes = useChanges(overview, labels, view.page);
  const load = APART[view.page];
  const turn = (/** @type {string} */ page) => go({ page, part: "", at: 0 });
  const pageKeys = {
    s: () => turn(isStats ? "examples" : "stats"),
    c: () => turn(view.page === "compare" ? "examples" : "compare"),
    g: () => turn(view.page === "gone" ? "examples" : "gone"),
    d: () => turn(view.page === "clusters" ? "examples" : "clusters"),
    p: () => (view.page === "answers" ? turn("examples") : toAnswers()),
    "?": () => setHelp(true),
  };
  // From an example to the answers to its prompt, else to the first that there are.
  const toAnswers = async () => {
    const isHere = load === undefined && !isStats && row !== null;
    try {
      const { place } = isHere ? await get(`/api/answers/place?${list.pages.query}&id=${row.id}`) : { place: 0 };
      if (place >= 0) go({ page: "answers", part: "", at: place });
      else setTold("This prompt has one answer. `Answers` shows those that have several.");
    } catch (refused) {
      setError(refused);
    }
  };
  useKeys(load !== undefined ? pageKeys : {
    ...pageKeys,
    ...movingKeys(move, total, setReading),
    e: () => expression.current?.focus(),
    "/": () => search.current?.focus(),
    v: () => {
      if (document.querySelector(".panes > .facets")?.checkVisibility()) focusOn(".facets button");
      else setFields(true);
    },
    ".": () => import("./commands.js").then(({ commandsOf }) => setTold(commandsOf(view, overview).join("\n")), setError),
    R: list.again,
    q: () => go({ queue: view.queue === "" ? labelling.choice?.name ?? "" : "", place: 0 }),
    ...(isStats ? {} : labelling.keys),
  });

  if (error !== null && error.status === 401) return html`<${Stopped} refused=${error} />`;

  return html`
    <header>
      <h1>${shown(overview.name)}</h1>
      <nav aria-label="Views">
        ${Object.entries(TABS).map(([page, name]) => html`<button class="tab" aria-current=${view.page === page} onClick=${() => turn(page)}>${name}</button>`)}
      </nav>
      <dl>
        <div><dt>branch</dt><dd>${shown(overview.branch ?? "none")}</dd></div>
        <div><dt>version</dt><dd>${shown(overview.revision)}</dd></div>
        <div><dt>you</dt><dd>${shown(overview.person)}${overview.read_only && ", reading only"}</dd></div>
      </dl>
      <button class="tab" onClick=${() => setHelp(true)} title="Keys" aria-label="Keys">?</button>
    </header>
    ${load === undefined && html`<${Filters} view=${view} choices=${labelling.choices} isLabelled=${labelling.isOn} fixed=${[...overview.filters, ...overview.where]} error=${error} count=${list.pages.total} of=${list.pages.of} searched=${list.pages.searched}
      input=${expression} searchInput=${search} onFields=${() => setFields(true)} onGo=${(/** @type {any} */ change) => {
        isAsked.current = true;
        go(change);
      }} />`}
    ${told !== "" && html`<p class="command" role="status"><code>${shown(told)}</code>
      <button onClick=${() => setTold("")}>Close</button></p>`}
    <${Failure} error=${labelling.error} isLine=${true} />
    ${labels.refused.length > 0 && html`<div class="command error" role="alert">
      ${labels.refused.length === 1 ? "1 label was" : `${labels.refused.length.toLocaleString("en")} labels were`} refused:
      ${labels.refused.slice(0, MOST_TOLD).map(({ told: what, message, hint }) => html` <span>${shown(`${what}: ${message}`)}${hint && html`<span class="hint">${shown(hint)}</span>`}</span>`)}
      ${labels.refused.length > MOST_TOLD && " and more"} <button onClick=${() => labels.forgetRefused()}>Close</button></div>`}
    ${labels.now?.failure && html`<p class="command error" role="alert">Labels are safe in the journal, and are not on the stage:
      ${" "}${shown(labels.now.failure.message)}</p>`}
    ${labels.leftOut !== "" && html`<p class="command error" role="alert">${labels.leftOut}</p>`}
    ${labels.isElsewhere && html`<p class="command" role="status">The repository is on
      ${" "}${shown(labels.now.branch ?? "no branch")} now, and this page is of ${shown(overview.branch ?? "no branch")}.
      <button onClick=${onAgain}>Go on there</button></p>`}
    ${list.pages.hasMoved && load === undefined && html`<p class="command" role="status">The examples have changed since.
      <button onClick=${list.again}>Show them as they are now</button></p>`}
    ${load !== undefined
      ? html`<${Later} key=${view.page} load=${load} view=${view} overview=${overview} go=${go} labels=${labels} ...${changes} onTold=${setTold} onError=${setError}
          onFilter=${(/** @type {string} */ name, /** @type {unknown} */ value, /** @type {boolean} */ isOut) => {
            turn("examples");
            filter(name, value, isOut);
          }} />`
      : isStats
      ? html`<main class="scrolled" tabindex="0"><${Later} load=${() => import("./view/overview.js").then((found) => found.Overview)}
          stats=${stats} isFailed=${error !== null} view=${view} onGo=${go} onFilter=${filter} /></main>`
      : html`<main class=${"panes" + (isReading ? " reading" : "")}>
          ${stats === null && error !== null ? html`<aside class="facets" aria-label="Fields"></aside>` : html`<${Facets} stats=${stats} isSearching=${view.text !== ""} onFilter=${filter} />`}
          ${list.pages.total === 0
            ? html`<p class="empty">${view.where.length + overview.where.length + overview.filters.length > 0 || view.text !== ""
                ? "No example is like that."
                : html`There is nothing here yet. <code>vault import FILE</code> brings examples in.`}</p>`
            : html`<${List} pages=${list.pages} total=${total} place=${view.place} steps=${steps} sought=${view.text} labelsOf=${seen} choice=${labelling.listed}
                onPlace=${(/** @type {number} */ place) => go({ place }, false)} onOpen=${() => setReading(true)} />`}
          <section class="pane" aria-label="Reading" ref=${pane} tabindex="0">
            <${Steps} place=${view.place} total=${total} onStep=${move} onBack=${() => setReading(false)} />
            ${example.found !== null && html`<${Later} load=${readingPane} isPlain=${true} identity=${example.found.id} example=${row === null ? example.found : { ...example.found, labels: seen(row) }} sought=${view.text} asked=${`${list.pages.query}&place=${view.place}&id=${example.found.id}`} onWhole=${example.readWhole} onFilter=${filter} />`}
            <${Failure} error=${example.refused} />
          </section>
        </main>`}
    ${!isStats && load === undefined && labelling.isOn && total > 0 && (labelling.bar ?? html`<${Later} load=${() => import("./view/labelbar.js").then((found) => found.LabelBar)} choices=${labelling.choices} choice=${labelling.choice} labels=${seen(row)}
      isStaged=${row === null ? null : labelling.isStaged} state=${labels} onChoose=${labelling.choose} onGive=${labelling.giveValue} onFlag=${labelling.flag}
      onNote=${() => labelling.open("note")} onType=${() => labelling.open("other")} onAll=${() => labelling.open("all")}
      onStep=${() => labelling.step("undo")} onEdit=${labelling.edit} />`)}
    ${labelling.dialog}
    ${isFields && html`<${Later} load=${() => import("./view/drawer.js").then((found) => found.Drawer)} stats=${stats} isSearching=${view.text !== ""} onFilter=${filter} onClose=${() => setFields(false)} />`}
    ${isHelp && html`<${Later} load=${() => import("./view/help.js").then((found) => found.Help)} choice=${labelling.choice} onClose=${() => setHelp(false)} />`}
  `;
}

/** @param {{ refused: any }} props */
function Stopped({ refused }) {
  return html`
    <main class="stopped"><div role="alert">
      <h1>${refused.status === 401 ? "This tab has no session" : "That did not work"}</h1>
      <p>${shown(refused.message)}</p>
      ${refused.hint && html`<p class="hint">${shown(refused.hint)}</p>`}
      ${refused.status === 401 && html`<p>
        In the terminal where <code>vault ui</code> runs, press Enter: it prints a link for a new tab.
      </p>`}
    </div></main>
  `;
}

const root = document.getElementById("app");
if (root !== null) {
  root.replaceChildren();
  render(html`<${App} />`, root);
}
