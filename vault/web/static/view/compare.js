// What changed between two versions: how much of each kind, and each change to be read.
import { useEffect, useRef, useState } from "../vendor/hooks.js";
import { get } from "../api.js";
import { html } from "../html.js";
import { shown } from "../text.js";
import { Apart, keysOf, Narrowed, Parts } from "./apart.js";
import { Differing, Legend } from "./differing.js";
import { Example } from "./example.js";

const KINDS = ["changed", "relabelled", "added", "removed"];

/** @param {import("./apart.js").PageProps} page */
export function Compare(page) {
  const { view, go } = page;
  const first = useRef(/** @type {any} */ (null));
  // A page that is of a version compares that one.
  const from = view.from || (page.overview.revision === "STAGE" ? "" : page.overview.revision);
  const query = new URLSearchParams({ from, to: view.to, change: KINDS.find((each) => each === view.part) ?? "" }).toString();
  const names = { from: from || "HEAD", to: view.to || "STAGE" };
  const onPart = (/** @type {string} */ part) => go({ part, at: 0 });
  const partsOf = (/** @type {any} */ answer) => {
    const all = KINDS.reduce((sum, kind) => sum + answer.counts[kind], 0);
    return /** @type {[string, string, number][]} */ ([["", "all", all], ...KINDS.map((kind) => [kind, kind, answer.counts[kind]])]);
  };
  const swap = () => go({ from: names.to, to: names.from, at: 0 });
  return html`<${Apart} page=${page} name="Change" asked=${{ list: "/api/compare", one: "/api/compare/change", query }} rowOf=${rowOf}
    chipOf=${(/** @type {any} */ row) => (row === null ? "" : row.chip)}
    head=${(/** @type {any} */ answer) => html`<section class="filters" aria-label="Versions">
      <${Versions} names=${names} input=${first} onGo=${(/** @type {any} */ change) => go({ ...change, part: "", at: 0 })} onSwap=${swap} />
      ${answer !== null && html`<${Parts} name="Kinds of changes" parts=${partsOf(answer)} now=${view.part} onPart=${onPart} />
        <p class="count" role="status">${answer.unchanged.toLocaleString("en")} unchanged</p>
        ${answer.from === null && html`<p class="soft">There is no commit yet: all of the stage is added.</p>`}
        ${!answer.compared_texts && html`<p class="hint">Too many examples have no partner, so alike texts were not looked for:
          what was edited may count as removed and added.</p>`}`}
      <${Narrowed} page=${{ ...page, view: { ...view, where: [], text: "", queue: "" } }} />
    </section>`}
    empty=${() => html`<p>${view.part === "" ? html`${shown(names.from)} and ${shown(names.to)} hold the same examples with the same labels.` : "There is no such change."}</p>`}
    item=${(/** @type {import("./apart.js").Here} */ { item, onWhole }) => html`<${Change} change=${item.change} names=${names} onWhole=${onWhole} onFilter=${page.onFilter} />`}
    keys=${(/** @type {import("./apart.js").Here} */ { rows }) => ({
      ...(rows.answer === null ? {} : keysOf(partsOf(rows.answer), onPart)),
      e: () => first.current?.select(),
      x: swap,
      ".": () => page.onTold(`vault diff ${quoted(names.from)}${view.to === "" ? "" : " " + quoted(names.to)}`),
    })} />`;
}

/** @param {any} item */
function rowOf({ change, what, row }) {
  return { ...row, chip: what === null ? change : `${change}: ${what}` };
}

/** @param {string} text */
function quoted(text) {
  return /^[\w./~^@-]+$/.test(text) ? text : "'" + text.replaceAll("'", `'"'"'`) + "'";
}

/** @param {{ names: { from: string, to: string }, input: any, onGo: (change: any) => void, onSwap: () => void }} props */
function Versions({ names, input, onGo, onSwap }) {
  const [known, setKnown] = useState({ names: [], commits: [] });
  const [typed, setTyped] = useState(names);
  useEffect(() => {
    get("/api/revisions").then(setKnown, () => {});
  }, []);
  useEffect(() => setTyped(names), [names.from, names.to]);
  const go = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (typed.from !== names.from || typed.to !== names.to) onGo({ from: typed.from.trim(), to: typed.to.trim() });
  };
  const field = (/** @type {"from" | "to"} */ name, /** @type {any} */ ref) => html`<label><span>${name}</span>
    <input type="text" list="revisions" value=${typed[name]} ref=${ref} autocomplete="off" spellcheck=${false}
      onInput=${(/** @type {any} */ event) => setTyped({ ...typed, [name]: event.target.value })} /></label>`;
  return html`<form class="versions" onSubmit=${go}>
    ${field("from", input)} ${field("to", null)}
    <button>Compare</button> <button type="button" onClick=${onSwap}><kbd>x</kbd> swap</button>
    <datalist id="revisions">
      ${known.names.map((name) => html`<option value=${name} />`)}
      ${known.commits.map((/** @type {any} */ each) => html`<option value=${each.commit.slice(0, 12)}>${shown(each.message.slice(0, 80))}</option>`)}
    </datalist>
  </form>`;
}

/** @param {any} props */
function Change({ change, names, onWhole, onFilter }) {
  const { old, new: now, diff, example, labels, removal } = change;
  return html`<article aria-label="Change">
    <p class="facts"><strong class="note">${change.change}${change.what !== null && `: ${change.what}`}</strong>
      ${old !== null && html`<span>${shown(names.from)}: <code>${old.id.slice(0, 12)}</code> ${shown(`${old.source}:${old.line}`)}</span>`}
      ${now !== null && html`<span>${shown(names.to)}: <code>${now.id.slice(0, 12)}</code> ${shown(`${now.source}:${now.line}`)}</span>`}
    </p>
    ${removal !== null && html`<p class="beside">Taken out as <strong>${shown(removal.reason)}</strong> by <code>${shown(removal.command)}</code>, ${removal.time}.</p>`}
    ${labels.length > 0 && html`<section class="fields" aria-label="Labels that differ"><table>
      <tr><th scope="col">label</th><th scope="col">${shown(names.from)}</th><th scope="col">${shown(names.to)}</th></tr>
      ${labels.map((/** @type {any} */ each) => html`<tr><th scope="row">${shown(each.name)}</th>
        <td>${each.old === null ? html`<em class="soft">none</em>` : html`<del>${shown(String(each.old))}</del>`}</td>
        <td>${each.new === null ? html`<em class="soft">none</em>` : html`<ins>${shown(String(each.new))}</ins>`}</td></tr>`)}
    </table></section>`}
    ${diff !== null && html`<${Legend} old=${shown(names.from)} now=${shown(names.to)} /><${Differing} diff=${diff} />`}
    ${example !== null && html`<${Example} example=${example} sought="" onWhole=${onWhole} onFilter=${onFilter} />`}
  </article>`;
}
