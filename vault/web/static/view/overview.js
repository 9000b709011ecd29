// What there is: counts, lengths, and the values of each field, each as a bar that is a filter.
import { useEffect, useMemo, useState } from "../vendor/hooks.js";
import { get } from "../api.js";
import { html } from "../html.js";
import { queryOf } from "../state.js";
import { Failure, shown } from "../text.js";
import { focusOn, useAnswer } from "../use.js";
import { fieldsOf, FILTERS, More, nameOf, useMore } from "./values.js";

const MOST_VALUES = 8;
const MOST_BINS = 20;
const QUANTILES = [["min", "least"], ["5", "5 %"], ["25", "25 %"], ["50", "median"], ["75", "75 %"], ["95", "95 %"], ["max", "most"]];

/**
 * @typedef {(name: string, value: unknown, isOut: boolean) => void} OnFilter
 * @typedef {{ told: any, count: number, before: number, value?: unknown }} Line `value` is what a filter asks for; without it
 *   the line is none
 * @typedef {{ name: string, field: string, lines: Line[], all: number, allBefore: number, isBins?: boolean, about?: any }} Card `all`
 *   is what counts are shares of
 */

/**
 * @param {{ stats: any, isFailed: boolean, view: import("../state.js").View, onGo: (change: any) => void, onFilter: OnFilter }} props
 *   `stats` is null until the examples are counted
 */
export function Overview({ stats, isFailed, view, onGo, onFilter }) {
  const [isFull, setFull] = useState(false);
  const [error, setError] = useState(/** @type {any} */ (null));
  const isMore = stats !== null && (isFull || view.before !== "");
  const asked = `/api/stats?${queryOf({ ...view, text: "", queue: "" })}&before=${encodeURIComponent(view.before)}${isFull ? "&full=1" : ""}`;
  // With the figures before it as its version: it is counted anew when those are.
  const more = useAnswer(isMore ? asked : null, setError, stats);
  const told = isMore ? more : stats;
  const filter = (/** @type {string} */ name, /** @type {unknown} */ value, /** @type {boolean} */ isOut) => {
    onFilter(name, value, isOut);
    focusOn(".list");
  };
  return html`<div class="statistics">
    <${Beside} key=${view.before} before=${view.before} onBefore=${(/** @type {string} */ before) => {
      setError(null);
      onGo({ before });
    }} />
    ${error !== null && isMore
      ? html`<${Failure} error=${error} />`
      : told === null
        ? !isFailed && html`<p class="loading" role="status">Counting…</p>`
        : html`<${Figures} stats=${told} onFilter=${filter} />`}
    ${told !== null && told.roles === null && html`<p><button onClick=${() => setFull(true)}>Count roles and tools</button>
      ${" "}<span class="soft">reads every record</span></p>`}
  </div>`;
}

/** @param {{ before: string, onBefore: (before: string) => void }} props */
function Beside({ before, onBefore }) {
  const [names, setNames] = useState(/** @type {string[]} */ ([]));
  useEffect(() => {
    get("/api/revisions").then((known) => setNames(known.names), () => {});
  }, []);
  const [typed, setTyped] = useState(before);
  const go = (/** @type {Event} */ event) => {
    event.preventDefault();
    onBefore(typed.trim());
  };
  return html`<form class="beside-of" onSubmit=${go}>
    <label>Beside version <input type="text" list="names" value=${typed} autocomplete="off" spellcheck=${false} placeholder="HEAD, v1"
      onInput=${(/** @type {any} */ event) => setTyped(event.target.value)} /></label>
    <datalist id="names">${names.map((name) => html`<option value=${name} />`)}</datalist>
    <button>Show</button>
    ${before !== "" && html`<button type="button" onClick=${() => onBefore("")}>One version</button>`}
  </form>`;
}

/** @param {{ stats: any, onFilter: OnFilter }} props */
function Figures({ stats, onFilter }) {
  const { before } = stats;
  const moved = new Map(stats.moved.map((/** @type {any} */ each) => [each.field, each]));
  const cards = useMemo(() => cardsOf(stats), [stats]);
  return html`
    <section class="figures" aria-label="Counts">
      ${[["examples", "examples"], ["turns", "turns"], ["tokens", stats.tokenizer === null ? "tokens, about" : "tokens"], ["chars", "characters"], ["same_conversation", "duplicates left"]].map(
        ([name, told]) => html`<div class="figure"><strong>${stats[name].toLocaleString("en")}</strong> <span>${told}</span>
          ${before !== null && html` <span>before ${before[name].toLocaleString("en")}</span>`}</div>`,
      )}
    </section>
    ${before !== null && html`<p class="soft">${shown(before.revision)} is before, ${shown(stats.revision)} now. What moved most comes first: distances
      are Jensen–Shannon's, from 0 to 1.</p>`}
    <div class="cards">
      ${cards.map((card) => html`<${Bars} key=${card.name} ...${card} moved=${moved.get(card.field)} isTwo=${before !== null} onFilter=${onFilter} />`)}
      <${Findings} findings=${stats.findings} isPart=${stats.is_part} />
    </div>
  `;
}

/**
 * @param {any} stats
 * @returns {Card[]} what moved most first, else in the order of the names
 */
function cardsOf(stats) {
  const { before } = stats;
  const totals = { all: stats.examples, allBefore: before?.examples ?? 0 };
  const cards = /** @type {Card[]} */ (["tokens", "turns"].map((name) => ({
    name: `examples by ${name}`,
    field: name,
    isBins: true,
    about: html`<${Quantiles} now=${stats.quantiles[name]} before=${before?.quantiles[name]} />`,
    // Tokens that a tokenizer counted are not those that expressions know.
    lines: binsOf(stats.histograms[name], before?.histograms[name] ?? []).map(({ least, most, count, before: old }) => ({
      told: least === most ? least.toLocaleString("en") : `${least.toLocaleString("en")}–${most.toLocaleString("en")}`,
      count,
      before: old,
      ...(name === "tokens" && stats.tokenizer !== null ? {} : { value: { expression: least === most ? `${name} = ${least}` : `${name} BETWEEN ${least} AND ${most}` } }),
    })),
    ...totals,
  })));
  const old = new Map(before === null ? [] : fieldsOf(before));
  const now = new Map(fieldsOf(stats));
  for (const name of new Set([...now.keys(), ...old.keys()])) {
    const pairs = both(now.get(name) ?? [[null, stats.examples]], before === null ? [] : old.get(name) ?? [[null, before.examples]]);
    cards.push({ name, field: name, lines: pairs.map(([value, count, was]) => ({ told: nameOf(value), count, before: was, value })), ...totals });
  }
  cards.push({
    name: "more tokens than trainers take by default",
    field: "",
    lines: stats.cut.map((/** @type {any} */ each, /** @type {number} */ at) => ({
      told: `${each.trainer} > ${each.length.toLocaleString("en")}`,
      count: each.examples,
      before: before?.cut[at].examples ?? 0,
      ...(stats.tokenizer === null ? { value: { expression: `tokens > ${each.length}` } } : {}),
    })),
    ...totals,
  });
  if (stats.roles !== null) cards.push(...spoken(stats, before, totals));
  const place = new Map(stats.moved.map((/** @type {any} */ each, /** @type {number} */ at) => [each.field, at]));
  const at = (/** @type {Card} */ card) => place.get(card.field) ?? Infinity;
  return cards.filter(({ lines }) => lines.length > 0).sort((a, b) => (at(a) === at(b) ? 0 : at(a) - at(b)));
}

/**
 * @param {any} stats
 * @param {any} before
 * @param {{ all: number, allBefore: number }} totals
 * @returns {Card[]} messages by role and examples by tool
 */
function spoken(stats, before, totals) {
  const sum = (/** @type {any} */ counts) => /** @type {number[]} */ (Object.values(counts ?? {})).reduce((all, one) => all + one, 0);
  const pairs = (/** @type {any} */ now, /** @type {any} */ old) => both(Object.entries(now), Object.entries(old ?? {}));
  const roles = pairs(stats.roles, before?.roles).map(([role, count, was]) => ({
    told: shown(String(role)), count, before: was, value: { expression: `'${String(role).replaceAll("'", "''")}' IN messages.role` },
  }));
  const tools = pairs(stats.tools.names, before?.tools.names).map(([name, count, was]) => ({ told: shown(String(name)), count, before: was }));
  const about = html`<p class="soft">${stats.tools.declared.toLocaleString("en")} examples declare tools, ${stats.tools.called.toLocaleString("en")} call some.</p>`;
  return [
    { name: "messages by role", field: "roles", lines: roles, all: sum(stats.roles), allBefore: sum(before?.roles) },
    { name: "examples by tool", field: "tools", lines: tools, about, ...totals },
  ];
}

/**
 * @param {[unknown, number][]} now
 * @param {[unknown, number][]} old
 * @returns {[unknown, number, number][]} each value with its counts now and before, most first
 */
function both(now, old) {
  const was = new Map(old);
  const here = new Set(now.map(([value]) => value));
  const gone = old.filter(([value]) => !here.has(value));
  return [
    ...now.map(([value, count]) => /** @type {[unknown, number, number]} */ ([value, count, was.get(value) ?? 0])),
    ...gone.map(([value, count]) => /** @type {[unknown, number, number]} */ ([value, 0, count])),
  ];
}

/**
 * Bins of two versions, of quarters, halves or whole octaves: as fine as they fit.
 * @param {{ least: number, most: number, examples: number }[]} now
 * @param {{ least: number, most: number, examples: number }[]} old
 */
function binsOf(now, old) {
  const was = new Map(old.map((bin) => [bin.least, bin.examples]));
  const here = new Set(now.map((bin) => bin.least));
  const fine = [
    ...now.map(({ least, most, examples }) => ({ least, most, count: examples, before: was.get(least) ?? 0 })),
    ...old.filter(({ least }) => !here.has(least)).map(({ least, most, examples }) => ({ least, most, count: 0, before: examples })),
  ].sort((a, b) => a.least - b.least);
  let joined = fine;
  for (const apart of [2, 4]) {
    if (joined.length <= MOST_BINS) break;
    joined = [];
    for (const bin of fine) {
      const last = joined.at(-1);
      const octave = 2 ** Math.max(0, Math.floor(Math.log2(bin.least)) - 2);
      if (last === undefined || bin.least < 4 || (bin.least / octave) % 4 % apart === 0) joined.push({ ...bin });
      else Object.assign(last, { most: bin.most, count: last.count + bin.count, before: last.before + bin.before });
    }
  }
  return joined;
}

/** @param {{ now: any, before: any }} props */
function Quantiles({ now, before }) {
  const row = (/** @type {string} */ name, /** @type {any} */ of) => html`<tr><th scope="row">${name}</th>
    ${QUANTILES.map(([key]) => html`<td>${of[key]?.toLocaleString("en") ?? "–"}</td>`)}</tr>`;
  return html`<table class="quantiles">
    <tr><td></td>${QUANTILES.map(([, name]) => html`<th scope="col">${name}</th>`)}</tr>
    ${before && row("before", before)}${row(before ? "now" : "all", now)}
  </table>`;
}

/** @param {Card & { moved: any, isTwo: boolean, onFilter: OnFilter }} props */
function Bars({ name, field, lines, all, allBefore, isBins = false, about, moved, isTwo, onFilter }) {
  const [seen, more] = useMore(lines, isBins ? Infinity : MOST_VALUES);
  const most = isBins ? Math.max(...lines.map(({ count, before }) => Math.max(count / (all || 1), before / (allBefore || 1)))) : 1;
  return html`
    <section class="card" aria-label=${name}>
      <h2>${shown(name)}</h2>
      ${moved && moved.distance > 0 && html`<p class="moved">moved <strong>${moved.distance.toFixed(2)}</strong>:
        ${" "}${shown(moved.value)} ${share(moved.old_share)} → ${share(moved.new_share)}</p>`}
      ${about}
      <ul class=${"bars" + (isTwo ? " two" : "")}>
        ${seen.map(({ told, count, before, value }) => {
          const inner = html`<span class="name">${told}</span>
            <span class="count">${isTwo && html`${before.toLocaleString("en")} → `}${count.toLocaleString("en")}</span>
            <span class="share">${isTwo && html`${share(before / allBefore)} → `}${share(count / all)}</span>
            <span class="lengths" aria-hidden="true">
              ${isTwo && html`<meter class="was" min="0" max=${most} value=${before / (allBefore || 1)} />`}
              <meter min="0" max=${most} value=${count / (all || 1)} /></span>`;
          return html`<li>${value === undefined
            ? html`<div class="line">${inner}</div>`
            : html`<button class="line" title=${FILTERS} onClick=${(/** @type {MouseEvent} */ event) => onFilter(field, value, event.shiftKey)}>${inner}</button>`}</li>`;
        })}
      </ul>
      <${More} more=${more} of=${name} />
    </section>
  `;
}

/** @param {{ findings: any, isPart: boolean }} props */
function Findings({ findings, isPart }) {
  return html`<section class="card" aria-label="findings">
    <h2>findings</h2>
    ${findings === null
      ? html`<p class="soft">${isPart ? "They are told of all examples, not of a part." : html`Not looked for: <code>vault validate</code> does.`}</p>`
      : html`<p>errors: ${findings.errors.toLocaleString("en")}, in ${findings.examples_with_errors.toLocaleString("en")} of the examples;
          ${" "}warnings: ${findings.warnings.toLocaleString("en")}</p>
        <ul class="bars told">${findings.items.map((/** @type {any} */ each) => html`<li><div class="line">
          <span class="name">${shown(each.code)} ${shown(each.name)}</span>
          <span class=${"count of-" + each.severity}><strong>${each.severity}</strong></span><span class="share">${each.count.toLocaleString("en")}</span></div></li>`)}</ul>`}
  </section>`;
}

/** @param {number} part */
function share(part) {
  if (!Number.isFinite(part)) return "–";
  if (part > 0 && part < 0.0005) return "<0.1 %";
  const percent = 100 * part;
  return (percent > 0 && percent < 9.95 ? percent.toFixed(1) : percent.toFixed(0)) + " %";
}
