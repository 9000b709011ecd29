// The explorer: opens a session, and shows the list, the example that is read, and the statistics.
import { render } from "./vendor/preact.js";
import { useCallback, useEffect, useMemo, useRef, useState } from "./vendor/hooks.js";
import { enter, get } from "./api.js";
import { html } from "./html.js";
import { Pages } from "./pages.js";
import { commandOf, expressionFor, keepInAddress, queryOf, viewInAddress } from "./state.js";
import { shown } from "./text.js";
import { Example } from "./view/example.js";
import { Facets } from "./view/facets.js";
import { Filters } from "./view/filters.js";
import { Help } from "./view/help.js";
import { List } from "./view/list.js";
import { Overview } from "./view/overview.js";

const READ_AHEAD = 5;

function App() {
  const [overview, setOverview] = useState(/** @type {any} */ (null));
  const [refused, setRefused] = useState(/** @type {any} */ (null));
  useEffect(() => {
    enter().then(() => get("/api/overview")).then(setOverview, setRefused);
  }, []);
  useEffect(() => {
    if (overview !== null) document.title = `${overview.name} – vault`;
  }, [overview]);
  if (refused !== null) return html`<${Stopped} refused=${refused} />`;
  if (overview === null) return html`<p class="loading" role="status">Reading…</p>`;
  return html`<${Explorer} overview=${overview} />`;
}

/** @param {{ overview: any }} props */
function Explorer({ overview }) {
  const [view, setView] = useState(viewInAddress);
  const [error, setError] = useState(/** @type {any} */ (null));
  const [told, setTold] = useState("");
  const [isHelp, setHelp] = useState(false);
  const [isReading, setReading] = useState(false);
  const [steps, setSteps] = useState(0);
  const list = useList(view, setError);
  // The rows come first: counting takes all of a core for a moment.
  const isCounted = list.pages.total !== null;
  const counted = `/api/stats?${queryOf({ ...view, text: "", sort: "dataset", seed: 0 })}`;
  const stats = useAnswer(isCounted ? counted : null, setError);
  const example = useExample(view, list);
  const expression = useRef(/** @type {any} */ (null));
  const search = useRef(/** @type {any} */ (null));
  const pane = useRef(/** @type {any} */ (null));

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
      if (before.where.includes(added)) return before;
      const next = { ...before, where: [...before.where, added], place: 0 };
      keepInAddress(next, true);
      return next;
    });
  }, []);
  useEffect(() => {
    const back = () => setView(viewInAddress());
    addEventListener("popstate", back);
    return () => removeEventListener("popstate", back);
  }, []);

  const total = list.pages.total ?? 0;
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
  useKeys({
    j: () => move(1),
    ArrowDown: () => move(1),
    k: () => move(-1),
    ArrowUp: () => move(-1),
    PageDown: () => move(10),
    PageUp: () => move(-10),
    Home: () => move(-total),
    End: () => move(total),
    Enter: () => {
      setReading(true);
      focusOn(".pane");
    },
    Escape: () => {
      setReading(false);
      focusOn(".list");
    },
    e: () => expression.current?.focus(),
    "/": () => search.current?.focus(),
    s: () => go({ page: view.page === "stats" ? "examples" : "stats" }),
    ".": () => setTold(commandOf(view, overview)),
    "?": () => setHelp(true),
  });

  if (error !== null && error.status === 401) return html`<${Stopped} refused=${error} />`;

  const isStats = view.page === "stats";
  return html`
    <header>
      <h1>${shown(overview.name)}</h1>
      <nav aria-label="Views">
        <button class="tab" aria-current=${!isStats} onClick=${() => go({ page: "examples" })}>Examples</button>
        <button class="tab" aria-current=${isStats} onClick=${() => go({ page: "stats" })}>Statistics</button>
      </nav>
      <dl>
        <div><dt>branch</dt><dd>${shown(overview.branch ?? "none")}</dd></div>
        <div><dt>version</dt><dd>${shown(overview.revision)}</dd></div>
        <div><dt>you</dt><dd>${shown(overview.person)}${overview.read_only && ", reading only"}</dd></div>
      </dl>
      <button class="tab" onClick=${() => setHelp(true)} title="Keys" aria-label="Keys">?</button>
    </header>
    <${Filters} view=${view} fixed=${[...overview.filters, ...overview.where]} error=${error} count=${list.pages.total} of=${list.pages.of}
      input=${expression} searchInput=${search} onGo=${(/** @type {any} */ change) => go(change)} />
    ${told !== "" && html`<p class="command" role="status"><code>${shown(told)}</code>
      <button onClick=${() => setTold("")}>Close</button></p>`}
    ${list.pages.hasMoved && html`<p class="command" role="status">The examples have changed since.
      <button onClick=${list.again}>Show them as they are now</button></p>`}
    ${isStats
      ? html`<main class="scrolled" tabindex="0">${stats === null
          ? html`<p class="loading" role="status">Counting…</p>`
          : html`<${Overview} stats=${stats} onFilter=${filter} />`}</main>`
      : html`<main class=${"panes" + (isReading ? " reading" : "")}>
          <${Facets} stats=${stats} isSearching=${view.text !== ""} onFilter=${filter} />
          ${list.pages.total === 0
            ? html`<p class="empty">${view.where.length + overview.where.length + overview.filters.length > 0 || view.text !== ""
                ? "No example is like that."
                : html`There is nothing here yet. <code>vault import FILE</code> brings examples in.`}</p>`
            : html`<${List} pages=${list.pages} total=${total} place=${view.place} steps=${steps} sought=${view.text}
                onPlace=${(/** @type {number} */ place) => go({ place }, false)} onOpen=${() => setReading(true)} />`}
          <section class="pane" aria-label="Reading" ref=${pane} tabindex="0">
            <button class="back" onClick=${() => setReading(false)}>Back to the list</button>
            ${example.found !== null && html`<${Example} key=${example.found.id} example=${example.found} sought=${view.text} asked=${`${list.pages.query}&place=${view.place}&id=${example.found.id}`} onWhole=${example.readWhole} onFilter=${filter} />`}
            ${example.refused !== null && html`<p class="error" role="alert">${shown(example.refused.message)}${example.refused.hint && html`<span class="hint">${shown(example.refused.hint)}</span>`}</p>`}
          </section>
        </main>`}
    ${isHelp && html`<${Help} onClose=${() => setHelp(false)} />`}
  `;
}

/**
 * The pages of a view's list; a new list where the filter or the order is another one.
 * @param {import("./state.js").View} view
 * @param {(error: any) => void} onError
 */
function useList(view, onError) {
  const [, setCount] = useState(0);
  const [run, setRun] = useState(0);
  const query = queryOf(view);
  const pages = useMemo(
    () => new Pages(view, () => setCount((before) => before + 1), onError),
    [query, run],
  );
  useEffect(() => {
    onError(null);
    pages.want(view.place, view.place);
    return () => pages.drop();
  }, [pages]);
  return { pages, again: () => setRun((before) => before + 1) };
}

/**
 * The example at the place of a view. Those after it are read ahead, so that the next is there at once.
 * @param {import("./state.js").View} view
 * @param {{ pages: Pages }} list
 */
function useExample(view, list) {
  const [, setCount] = useState(0);
  const kept = useMemo(() => /** @type {Map<number, any>} */ (new Map()), [list.pages]);
  const failed = useMemo(() => /** @type {Map<number, any>} */ (new Map()), [list.pages]);
  const total = list.pages.total ?? 0;
  const read = useCallback(
    async (/** @type {number} */ place, isWhole = false) => {
      if (kept.has(place) && !isWhole) return;
      kept.set(place, kept.get(place) ?? null);
      failed.delete(place);
      try {
        const path = `/api/example?${list.pages.query}&place=${place}${isWhole ? "&whole=1" : ""}`;
        const answer = await get(path);
        if (list.pages.isOfThis(answer)) kept.set(place, answer.example);
      } catch (error) {
        kept.delete(place);
        failed.set(place, error);
      }
      setCount((before) => before + 1);
    },
    [kept, list.pages],
  );
  useEffect(() => {
    if (view.place >= total) return;
    read(view.place);
    for (let ahead = 1; ahead <= READ_AHEAD; ahead += 1) {
      if (view.place + ahead < total) read(view.place + ahead);
    }
    for (const place of kept.keys()) if (Math.abs(place - view.place) > 50) kept.delete(place);
  }, [read, view.place, total]);
  const refused = failed.get(view.place) ?? null;
  return { found: kept.get(view.place) ?? null, refused, readWhole: () => read(view.place, true) };
}

/**
 * What the API answers, null until it does; late answers to what is not asked any more are dropped.
 * @param {string | null} path null to ask nothing yet
 * @param {(error: any) => void} onError
 */
function useAnswer(path, onError) {
  const [answer, setAnswer] = useState(/** @type {any} */ (null));
  useEffect(() => {
    let isDropped = false;
    setAnswer(null);
    if (path === null) return;
    get(path).then(
      (found) => isDropped || setAnswer(found),
      (error) => isDropped || onError(error),
    );
    return () => {
      isDropped = true;
    };
  }, [path]);
  return answer;
}

/** @param {string} selector what gets the focus once it is shown */
function focusOn(selector) {
  requestAnimationFrame(() => {
    /** @type {HTMLElement | null} */ (document.querySelector(selector))?.focus({ preventScroll: true });
  });
}

const SCROLLING = ["ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End"];

/** @param {Record<string, () => void>} keys */
function useKeys(keys) {
  const now = useRef(keys);
  now.current = keys;
  useEffect(() => {
    const press = (/** @type {KeyboardEvent} */ event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      const isTyping = target.matches("input, textarea, select");
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      // A dialog has the keyboard to itself, and what is read is scrolled by the keys for that.
      if (document.querySelector("dialog[open]") !== null) return;
      if (SCROLLING.includes(event.key) && target.closest(".pane, .scrolled, .facets")) return;
      if (isTyping && event.key !== "Escape") return;
      if (event.key === "Enter" && target.matches("button, summary, a")) return;
      const act = now.current[event.key];
      if (act === undefined) return;
      event.preventDefault();
      if (isTyping) target.blur();
      else act();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}

/** @param {{ refused: any }} props */
function Stopped({ refused }) {
  return html`
    <main class="stopped" role="alert">
      <h1>${refused.status === 401 ? "This tab has no session" : "That did not work"}</h1>
      <p>${shown(refused.message)}</p>
      ${refused.hint && html`<p class="hint">${shown(refused.hint)}</p>`}
      ${refused.status === 401 && html`<p>
        In the terminal where <code>vault ui</code> runs, press Enter: it prints a link for a new tab.
      </p>`}
    </main>
  `;
}

const root = document.getElementById("app");
if (root !== null) {
  root.replaceChildren();
  render(html`<${App} />`, root);
}
