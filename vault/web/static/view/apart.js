// A page with a list of its own and what is read of it: what changed, and what is gone.
import { useEffect, useRef, useState } from "../vendor/hooks.js";
import { html } from "../html.js";
import { useRows } from "../rows.js";
import { Failure, shown } from "../text.js";
import { focusOn, movingKeys, useKeys } from "../use.js";
import { List, Steps } from "./list.js";

const CHIP = { own: "chip", name: "chip" };

/**
 * @typedef {{ view: import("../state.js").View, overview: any, go: (change: any, isStep?: boolean) => void,
 *   labels: import("../labels.js").Labels, isOn: boolean,
 *   change: (which: "out" | "back", what: { id: string, is_input?: boolean }) => Promise<any>, refused: any, onTold: (told: string) => void, onError: (error: any) => void,
 *   onFilter: (name: string, value: unknown, isOut: boolean) => void }} PageProps
 * @typedef {{ rows: import("../rows.js").Rows, row: any, item: any, move: (by: number) => void, again: () => void, onWhole: () => void }} Here
 */

/**
 * `head` stands above, for the answer that the rows came with; `item` shows one; `keys` act on it.
 * @param {{ page: PageProps, name: string, asked: { list: string, one: string, query: string }, rowOf: (item: any) => any,
 *   chipOf: (row: any) => string, head: (answer: any) => any, item: (here: Here) => any, empty: (answer: any) => any,
 *   keys: (here: Here) => Record<string, () => void> }} props
 */
export function Apart({ page, name, asked, rowOf, chipOf, head, item, empty, keys }) {
  const { view, go } = page;
  const [error, setError] = useState(/** @type {any} */ (null));
  const [isReading, setReading] = useState(false);
  const [steps, setSteps] = useState(0);
  const pane = useRef(/** @type {any} */ (null));
  const { rows, again } = useRows(asked, rowOf, (told) => (told?.status === 401 ? page.onError(told) : setError(told)));
  const { total } = rows;
  const at = Math.min(view.at, Math.max(total - 1, 0));
  const move = (/** @type {number} */ by) => {
    const next = Math.min(Math.max(at + by, 0), Math.max(total - 1, 0));
    if (next !== view.at) go({ at: next }, false);
    if (document.activeElement === document.body) focusOn(".list");
    setSteps((before) => before + 1);
  };
  useEffect(() => {
    if (pane.current !== null) pane.current.scrollTop = 0;
    if (total > 0) rows.read(at);
    // The next one is there at once.
    if (at + 1 < total) rows.read(at + 1);
  }, [rows, at, total]);
  const here = { rows, row: rows.row(at), item: rows.item(at), move, again, onWhole: () => rows.read(at, true) };
  useKeys({
    ...movingKeys(move, total, setReading),
    R: again,
    ...keys(here),
  });
  return html`
    ${head(rows.answer)}
    <${Failure} error=${error} isLine=${true} />
    <${Failure} error=${page.refused} isLine=${true} />
    ${rows.hasMoved && html`<p class="command" role="status">This has changed since. <button onClick=${again}>Show it as it is now</button></p>`}
    ${rows.answer === null
      ? html`<main class="scrolled">${error === null && html`<p class="loading" role="status">Reading…</p>`}</main>`
      : total === 0
        ? html`<main class="scrolled" tabindex="0"><div class="empty">${empty(rows.answer)}</div></main>`
        : html`<main class=${"panes apart" + (isReading ? " reading" : "")}>
            <${List} name=${`${name}: list`} pages=${rows} total=${total} place=${at} steps=${steps} sought="" choice=${CHIP}
              labelsOf=${(/** @type {any} */ row) => ({ chip: chipOf(row) })}
              onPlace=${(/** @type {number} */ place) => go({ at: place }, false)} onOpen=${() => setReading(true)} />
            <section class="pane" aria-label=${name} ref=${pane} tabindex="0">
              <${Steps} place=${at} total=${total} name=${name} onStep=${move} onBack=${() => setReading(false)} />
              ${here.item === null ? html`<p class="soft">Reading…</p>` : item(here)}
            </section>
          </main>`}
  `;
}

/**
 * @param {number} count
 * @param {string} noun
 */
export function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * Says what the list is narrowed to.
 * @param {{ page: PageProps }} props
 */
export function Narrowed({ page: { view, overview } }) {
  const all = [...overview.filters, ...overview.where, ...view.where, ...(view.text === "" ? [] : [`“${view.text}”`]), ...(view.queue === "" ? [] : [`queue ${view.queue}`])];
  return all.length > 0 && html`<p class="soft">Only of ${all.map((each) => html`<code>${shown(each)}</code> `)}</p>`;
}

/**
 * Buttons that keep one kind of a list, each with its key and its count.
 * @param {{ name: string, parts: [string, string, number][], now: string, onPart: (part: string) => void }} props
 */
export function Parts({ name, parts, now, onPart }) {
  return html`<div class="parts" role="group" aria-label=${name}>
    ${parts.map(([part, told, count], at) => html`<button aria-pressed=${part === now} onClick=${() => onPart(part)}>
      ${at < 10 && html`<kbd>${at}</kbd> `}${shown(told)} ${count.toLocaleString("en")}</button>`)}
  </div>`;
}

/**
 * @param {[string, string, number][]} parts
 * @param {(part: string) => void} onPart
 * @returns {Record<string, () => void>} the keys of those buttons
 */
export function keysOf(parts, onPart) {
  return Object.fromEntries(parts.slice(0, 10).map(([part], at) => [String(at), () => onPart(part)]));
}
