// The list of a million rows, of which those in sight are there.
import { useEffect, useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
import { html } from "../html.js";
import { found, shown } from "../text.js";

const ROW = 58;
// Browsers cut elements that are higher than some 33 million pixels; then the list is scrolled faster.
const MOST_HEIGHT = 15_000_000;
const SPARE = 6;

/**
 * @param {{ pages: import("../pages.js").Pages, total: number, place: number, steps: number, sought: string,
 *           labelsOf: (row: any) => Record<string, unknown>, choice: any,
 *           onPlace: (place: number) => void, onOpen: () => void, name?: string }} props
 */
export function List({ name = "Examples", pages, total, place, steps, sought, labelsOf, choice, onPlace, onOpen }) {
  const box = useRef(/** @type {any} */ (null));
  const [seen, setSeen] = useState({ top: 0, height: 600 });
  const whole = total * ROW;
  const height = Math.min(whole, MOST_HEIGHT);
  const room = Math.max(1, height - seen.height);
  const scale = height < whole ? (whole - seen.height) / room : 1;
  const top = seen.top * scale;
  const first = Math.max(0, Math.floor(top / ROW) - SPARE);
  const last = Math.min(total - 1, Math.ceil((top + seen.height) / ROW) + SPARE);

  useEffect(() => {
    const list = box.current;
    const look = () => setSeen({ top: list.scrollTop, height: list.clientHeight });
    const watch = new ResizeObserver(look);
    watch.observe(list);
    let due = 0;
    const onScroll = () => {
      if (due !== 0) return;
      due = requestAnimationFrame(() => {
        due = 0;
        look();
      });
    };
    list.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      watch.disconnect();
      list.removeEventListener("scroll", onScroll);
      cancelAnimationFrame(due);
    };
  }, []);
  useEffect(() => {
    if (total > 0) pages.want(first, last);
  }, [pages, first, last, total]);
  useLayoutEffect(() => {
    const at = place * ROW;
    const now = box.current.scrollTop * scale;
    const inner = box.current.clientHeight;
    if (at < now) box.current.scrollTop = at / scale;
    else if (at + ROW > now + inner) box.current.scrollTop = (at + ROW - inner) / scale;
  }, [place, total, steps]);

  const rows = [];
  for (let number = first; number <= last; number += 1) {
    rows.push(html`<${Row}
      key=${number} number=${number} row=${pages.row(number)} isHere=${number === place}
      y=${seen.top + number * ROW - top} sought=${sought} total=${total} label=${labelOf(pages.row(number), labelsOf, choice)} onPlace=${onPlace} onOpen=${onOpen}
    />`);
  }
  return html`
    <div class="list" ref=${box} role="listbox" aria-label=${name} tabindex="0"
         aria-activedescendant=${first <= place && place <= last ? "row-" + place : undefined}>
      <div class="height" style=${{ height: height + "px" }}>${rows}</div>
    </div>
  `;
}

/**
 * The place of what is read.
 * @param {{ place: number, total: number, name?: string, onStep: (by: number) => void, onBack: () => void }} props
 */
export function Steps({ place, total, name = "Example", onStep, onBack }) {
  if (total === 0) return null;
  // Who is in the list hears its place from there.
  const isHeard = document.activeElement?.closest(".pane") != null;
  return html`<div class="steps">
    <button class="back" onClick=${onBack}>Back<span class="unseen"> to the list</span></button>
    <button aria-label=${"Previous " + name.toLowerCase()} onClick=${() => onStep(-1)}>‹</button>
    <h2 aria-live=${isHeard ? "polite" : "off"}><span class="unseen">${name} </span>${(place + 1).toLocaleString("en")} of ${total.toLocaleString("en")}</h2>
    <button aria-label=${"Next " + name.toLowerCase()} onClick=${() => onStep(1)}>›</button>
  </div>`;
}

/** @param {any} props */
function Row({ number, row, isHere, y, sought, total, label, onPlace, onOpen }) {
  const style = { transform: `translateY(${y}px)` };
  const pick = () => {
    onPlace(number);
    onOpen();
  };
  return html`
    <div class=${"row" + (isHere ? " here" : "")} style=${style} role="option" id=${"row-" + number}
         aria-selected=${isHere} aria-setsize=${total} aria-posinset=${number + 1} onClick=${pick}>
      <span class="number">${(number + 1).toLocaleString("en")}</span>
      ${row === null
        ? html`<span class="question soft">…</span>`
        : html`
          <span class="question">${found(oneLine(row.question), sought)}</span>
          <span class="answer">${found(oneLine(row.answer), sought)}</span>
          <span class="tokens">${row.tokens.toLocaleString("en")}</span>
          <span class="given">${label !== "" && html`<span class="chip">${shown(label)}</span>`}</span>
        `}
    </div>
  `;
}

/**
 * @param {any} row
 * @param {(row: any) => Record<string, unknown>} labelsOf
 * @param {any} choice
 * @returns {string} what a row shows of its labels: the one that is given now, and a flag
 */
function labelOf(row, labelsOf, choice) {
  if (row === null) return "";
  const labels = labelsOf(row);
  const value = choice === null ? undefined : labels[choice.own] ?? labels[choice.name];
  return (labels.flag === true ? "⚑ " : "") + (value === undefined ? "" : String(value));
}

/** @param {string} text */
function oneLine(text) {
  return text.replace(/\s+/g, " ").trim();
}
