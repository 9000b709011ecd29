// Clusters of near-duplicates: their members with the words that differ, taken out and brought back by keys.
import { useEffect, useRef, useState } from "../vendor/hooks.js";
import { html } from "../html.js";
import { queryOf } from "../state.js";
import { shown } from "../text.js";
import { Apart, counted, Narrowed } from "./apart.js";
import { Differing, Legend } from "./differing.js";
import { Example } from "./example.js";

/** @param {import("./apart.js").PageProps} page */
export function Clusters(page) {
  const { view, change } = page;
  const [chosen, setChosen] = useState(1);
  const [done, setDone] = useState(/** @type {Map<string, string>} */ (new Map()));
  useEffect(() => setChosen(1), [view.at]);
  const act = async (/** @type {import("./apart.js").Here} */ { item }, /** @type {"out" | "back"} */ which) => {
    const member = item?.members[chosen];
    const now = member && (done.get(member.example.id) ?? (member.is_staged ? "back" : "out"));
    if (member === undefined || now === which) return;
    const { id } = member.example;
    if ((await change(which, { id })) === null) return;
    setDone((before) => new Map(before).set(id, which));
    page.onTold(`${id.slice(0, 12)} is ${which === "out" ? "taken out" : "back"}. \`vault undo\` takes it back.`);
    if (which === "out") setChosen((before) => Math.min(before + 1, item.members.length - 1));
  };
  const choose = (/** @type {import("./apart.js").Here} */ { item }, /** @type {number} */ at) => at < (item?.members.length ?? 0) && setChosen(at);
  return html`<${Apart} page=${page} name="Cluster" asked=${{ list: "/api/clusters", one: "/api/clusters/one", query: queryOf(view) }} rowOf=${rowOf}
    chipOf=${(/** @type {any} */ row) => (row === null ? "" : row.chip)}
    head=${(/** @type {any} */ answer) => html`<section class="filters" aria-label="Clusters">
      <p class="count" role="status">${answer === null ? "…" : counted(answer.total, "cluster")}</p><${Narrowed} page=${page} /></section>`}
    empty=${() => html`<p>No example has the label <code>cluster</code>. <code>vault dedupe --mark</code> gives it to near-duplicates.</p>`}
    item=${(/** @type {import("./apart.js").Here} */ here) => html`<${Members} item=${here.item} chosen=${chosen} done=${done} isOn=${page.isOn}
      onChoose=${(/** @type {number} */ at) => choose(here, at)} onAct=${(/** @type {"out" | "back"} */ which) => act(here, which)} onWhole=${here.onWhole} onFilter=${page.onFilter} />`}
    keys=${(/** @type {import("./apart.js").Here} */ here) => ({
      x: () => act(here, "out"),
      b: () => act(here, "back"),
      ".": () => page.onTold(`vault query --where "labels.cluster IS NOT NULL"`),
      ...Object.fromEntries([..."123456789"].map((key, at) => [key, () => choose(here, at)])),
    })} />`;
}

/** @param {any} group */
function rowOf({ name, size, row }) {
  return { ...row, chip: `${size} alike: ${name}` };
}

/** @param {any} props */
function Members({ item, chosen, done, isOn, onChoose, onAct, onWhole, onFilter }) {
  const box = useRef(/** @type {any} */ (null));
  useEffect(() => {
    if (chosen > 1) box.current?.children[chosen]?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return html`<${Legend} old="the first" now="the one where it stands" /><ol class="turns" ref=${box}>
    ${item.members.map((/** @type {any} */ { example, diff, is_staged }, /** @type {number} */ at) => {
      const isOut = (done.get(example.id) ?? (is_staged ? "back" : "out")) === "out";
      return html`<li class="member" aria-current=${at === chosen}>
        <p class="facts"><button aria-pressed=${at === chosen} onClick=${() => onChoose(at)}>${at < 9 && html`<kbd>${at + 1}</kbd> `}${at === chosen ? "chosen" : "choose"}</button>
          ${diff !== null && html`<code>${example.id.slice(0, 12)}</code> <span>${shown(`${example.source}:${example.line}`)}</span>`}
          ${isOut && html`<strong>not on the stage</strong>`}
          ${at === chosen && (isOut
            ? html`<button disabled=${!isOn} onClick=${() => onAct("back")}><kbd>b</kbd> bring back</button>`
            : html`<button disabled=${!isOn} onClick=${() => onAct("out")}><kbd>x</kbd> take out</button>`)}</p>
        ${diff === null ? html`<${Example} example=${example} sought="" onWhole=${onWhole} onFilter=${onFilter} />` : html`<${Differing} diff=${diff} />`}
      </li>`;
    })}
  </ol>
  ${item.left_out > 0 && html`<p class="hint">${item.left_out.toLocaleString("en")} more members are not shown.</p>`}`;
}
