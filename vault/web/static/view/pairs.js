// Answers to one prompt side by side, in an order that says nothing of where they come from; a key chooses the best.
import { useRef, useState } from "../vendor/hooks.js";
import { html } from "../html.js";
import { queryOf } from "../state.js";
import { shown } from "../text.js";
import { Apart, counted, Narrowed } from "./apart.js";
import { Differing, Legend } from "./differing.js";

/** @param {import("./apart.js").PageProps} page */
export function Answers(page) {
  const { view, labels, overview } = page;
  const [isMarked, setMarked] = useState(false);
  // How many labels each choice gave: they are taken back together.
  const sizes = useRef(/** @type {Record<"undo" | "redo", number[]>} */ ({ undo: [], redo: [] }));
  const seen = (/** @type {any} */ item, /** @type {any} */ answer) => labels.over(answer.id, answer.labels, item.given);
  const nameOf = (/** @type {string} */ name) => overview.choices.find((/** @type {any} */ each) => each.name === name)?.own ?? name;
  const choose = (/** @type {import("./apart.js").Here} */ { item, move }, /** @type {number} */ at) => {
    if (!page.isOn || item === null || at >= item.answers.length) return;
    const { answers } = item;
    if (!answers.every((/** @type {any} */ each) => each.is_staged)) {
      page.onTold("Not all of these are on the stage: they take no labels.");
      return;
    }
    const isPair = answers[0].side !== "";
    const name = isPair ? "choice" : "preferred";
    const best = at < 0 ? null : answers[at];
    const of = isPair ? [[answers[0].id, best?.side ?? "tie"]] : answers.map((/** @type {any} */ each) => [each.id, best && each === best]);
    labels.give(of.map((/** @type {[string, unknown]} */ [example, value]) => ({ example, name, label: nameOf(name), value })));
    sizes.current.undo.push(of.length);
    sizes.current.redo = [];
    move(1);
  };
  const isBest = (/** @type {any} */ item, /** @type {any} */ answer) => {
    const now = seen(item, answer);
    return answer.side === "" ? now[nameOf("preferred")] === true : now[nameOf("choice")] === answer.side;
  };
  const step = (/** @type {"undo" | "redo"} */ which) => {
    if (!page.isOn) return;
    const size = sizes.current[which].pop() ?? 1;
    sizes.current[which === "undo" ? "redo" : "undo"].push(size);
    for (let done = 0; done < size; done += 1) labels.step(which, () => {});
  };
  return html`<${Apart} page=${page} name="Answers" asked=${{ list: "/api/answers", one: "/api/answers/one", query: queryOf(view) }} rowOf=${rowOf}
    chipOf=${(/** @type {any} */ row) => (row === null ? "" : row.chip)}
    head=${(/** @type {any} */ answer) => html`<section class="filters" aria-label="Prompts">
      <p class="count" role="status">${answer === null ? "…" : counted(answer.total, "prompt")} with several answers</p><${Narrowed} page=${page} /></section>`}
    empty=${() => html`<p>No prompt has several answers here, and there is no preference record.</p>`}
    item=${(/** @type {import("./apart.js").Here} */ here) => {
      const { item } = here;
      const isTie = item.answers[0].side !== "" && seen(item, item.answers[0])[nameOf("choice")] === "tie";
      return html`<article aria-label="Prompt">
        ${item.prompt.map((/** @type {any} */ message) => html`<${Said} message=${message} />`)}
        ${isMarked && html`<${Legend} old="answer 1" now="the one where it stands" />`}
        <div class="columns">
          ${item.answers.map((/** @type {any} */ answer, /** @type {number} */ at) => html`<section class="card" aria-label=${`Answer ${at + 1}`}>
            <p><button aria-pressed=${isBest(item, answer)} disabled=${!page.isOn} onClick=${() => choose(here, at)}>${at < 9 && html`<kbd>${at + 1}</kbd> `}best</button></p>
            ${isMarked && answer.diff !== null
              ? html`<${Differing} diff=${answer.diff} />`
              : answer.messages.map((/** @type {any} */ message) => html`<${Said} message=${message} />`)}
          </section>`)}
        </div>
        <p><button aria-pressed=${isTie} disabled=${!page.isOn} onClick=${() => choose(here, -1)}><kbd>0</kbd> ${item.answers[0].side === "" ? "none yet" : "tie"}</button>
          ${" "}<button aria-pressed=${isMarked} onClick=${() => setMarked(!isMarked)}><kbd>w</kbd> mark words that differ</button>
          ${" "}<button disabled=${!page.isOn} onClick=${() => step("undo")}><kbd>u</kbd> undo</button></p>
        ${item.clipped > 0 && html`<p class="hint">${item.clipped.toLocaleString("en")} characters are left out. <button onClick=${here.onWhole}>Show all</button></p>`}
        ${item.left_out > 0 && html`<p class="hint">${item.left_out.toLocaleString("en")} more answers are not shown.</p>`}
      </article>`;
    }}
    keys=${(/** @type {import("./apart.js").Here} */ here) => ({
      w: () => setMarked(!isMarked),
      u: () => step("undo"),
      U: () => step("redo"),
      "<": () => choose(here, 0),
      ">": () => choose(here, 1),
      0: () => choose(here, -1),
      ...Object.fromEntries([..."123456789"].map((key, at) => [key, () => choose(here, at)])),
    })} />`;
}

/** @param {any} group */
function rowOf({ size, row }) {
  return { ...row, answer: "", chip: size === 1 ? "a pair" : `${size} answers` };
}

/** @param {{ message: any }} props */
function Said({ message }) {
  const { role, content, ...others } = message;
  const texts = typeof content === "string" ? [content] : (content ?? []).map((/** @type {any} */ part) => part.text ?? JSON.stringify(part));
  return html`<div class=${"turn " + role}><p class="role"><strong>${shown(role)}</strong></p>
    ${texts.map((/** @type {string} */ text) => html`<div class="text">${shown(text)}</div>`)}
    ${Object.entries(others).map(([name, value]) => html`<p class="role">${shown(name)}</p><pre>${shown(typeof value === "string" ? value : JSON.stringify(value, null, 2))}</pre>`)}
  </div>`;
}
