// Labelling in the page: the label that keys give, what is shown of each example, undo, and dialogs.
import { useEffect, useMemo, useRef, useState } from "./vendor/hooks.js";
import { post } from "./api.js";
import { checkView, useChecking } from "./checking.js";
import { html } from "./html.js";
import { Labels } from "./labels.js";
import { Later } from "./later.js";
import { queryOf } from "./state.js";
import { focusOn } from "./use.js";
import { Line, partsOf } from "./view/dialogs.js";

const ROWS_AROUND = 60;
const NOT_READ = "not read yet: no label";
const NONE = /** @type {Record<string, any>} */ ({});

/**
 * @param {{ overview: any, view: import("./state.js").View, pages: import("./pages.js").Pages, read: any,
 *           go: (change: any, isStep?: boolean) => void, move: (by: number) => void, again: () => void, onTold: (told: string) => void }} props
 */
export function useLabelling({ overview, view, pages, read, go, move, again, onTold }) {
  const [, setCount] = useState(0);
  const [error, setError] = useState(/** @type {any} */ (null));
  const [name, setName] = useState(() => sessionStorage.getItem("vault.label") ?? "");
  const [added, setAdded] = useState(/** @type {any[]} */ ([]));
  const [dialog, setDialog] = useState({ name: "", number: 0 });
  // A dialog that is opened again is another one, with nothing of the one before.
  const open = (/** @type {string} */ which) => setDialog(({ number }) => ({ name: which, number: number + 1 }));
  const labels = useMemo(() => new Labels(() => setCount((before) => before + 1), setError), []);
  useEffect(() => {
    labels.open(overview.branch);
    return () => labels.close();
  }, [labels]);

  const choices = useMemo(() => withAdded(overview.choices, added), [overview, added]);
  const queued = choices.find((/** @type {any} */ each) => each.name === view.queue);
  const choice = queued ?? choices.find((/** @type {any} */ each) => each.name === name) ?? choices[0] ?? null;
  const settles = view.queue === "conflicts";
  const row = pages.row(view.place);
  const seen = (/** @type {any} */ each) => /** @type {Record<string, any>} */ (each === null ? NONE : labels.over(each.id, each.labels, each.upTo));
  const isOn = !overview.read_only && overview.branch !== null;
  const isStaged = isOn && row !== null && row.isStaged && !labels.isElsewhere;
  /** Whether the example takes a label now. What was not shown takes none: a key may come before the example. */
  const isReady = () => {
    if (isStaged && row.id === read?.id) return true;
    if (isOn && (row === null || isStaged)) labels.say(NOT_READ);
    return false;
  };

  const now = useRef(/** @type {any} */ (null));
  now.current = { pages, place: view.place };
  useEffect(() => {
    if (labels.now === null) return;
    now.current.pages.noteRows(labels.now.rows);
    if (!labels.takeNews()) return;
    const { pages: shown, place } = now.current;
    shown.readLabels(Math.max(0, place - ROWS_AROUND), place + ROWS_AROUND).catch(() => {});
  }, [labels.now, pages]);

  const choose = (/** @type {string} */ chosen) => {
    sessionStorage.setItem("vault.label", chosen);
    setName(chosen);
  };
  const give = (/** @type {string} */ label, /** @type {any} */ act) => {
    if (!isReady()) return;
    const known = choices.find((/** @type {any} */ each) => each.name === label);
    const own = known === undefined || settles ? label : known.own;
    labels.give([{ example: row.id, name: label, label: own, ...act, settles: settles && (known?.raters ?? 1) > 1 }]);
  };
  const giveValue = (/** @type {unknown} */ value) => {
    if (choice === null || !isReady()) return;
    give(choice.name, { value });
    move(1);
  };
  const step = (/** @type {"undo" | "redo"} */ which) =>
    labels.step(which, (example) => {
      const place = now.current.pages.placeOf(example);
      if (place >= 0) go({ place }, false);
    });
  const flag = () => give("flag", { value: seen(row).flag === true ? null : true });
  const next = () => {
    const at = choices.indexOf(choice);
    if (choices.length > 0) choose(choices[(at + 1) % choices.length].name);
  };

  const edit = async () => {
    if (!isStaged) return;
    await labels.sent();
    open("edit");
  };
  const checking = useChecking({ view, pages, isStaged, isReady, said: labels.said.text === NOT_READ ? NOT_READ : "", seen, give, move, onEdit: edit, onEnd: () => go(checkView("", view)) });
  /** @type {Record<string, () => void>} */
  const keys = {};
  if (isOn) {
    Object.assign(keys, {
      f: flag,
      n: () => isReady() && open("note"),
      "=": () => isReady() && open("other"),
      A: () => pages.total !== 0 && open("all"),
      u: () => step("undo"),
      U: () => step("redo"),
      l: next,
      0: () => giveValue(null),
      E: edit,
      S: () => go(checkView(view.check === "spot" ? "" : "spot", view)),
    });
    if (checking !== null) Object.assign(keys, checking.keys);
    else choice?.keys.forEach((/** @type {string} */ key, /** @type {number} */ at) => {
      keys[key] = () => giveValue(choice.values[at]);
    });
  }

  // A dialog tells late that it was closed by Esc: another one may be open by then.
  const close = () => {
    setDialog((now) => (now.number === dialog.number ? { name: "", number: now.number } : now));
    focusOn(".list", true);
  };
  const shownNow = seen(row);
  const dialogs = {
    note: () => html`<${Line} name="Note" told="What is to be said of this example; empty takes it off" text=${shownNow.note ?? ""}
      onText=${(/** @type {string} */ text) => give("note", { value: text === "" ? null : text })} onClose=${close} />`,
    other: () => html`<${Line} name="Label" told="Label and value, such as quality=gold" text=""
      onText=${(/** @type {string} */ text) => {
        const [label, typed] = partsOf(text);
        if (label === "" || typed === "") return onTold("A label is a name and a value: quality=gold");
        give(label, { typed });
        setAdded((before) => [...before, { name: label, value: typed }]);
        choose(label);
      }} onClose=${close} />`,
    edit: () => html`<${Later} load=${() => import("./view/edit.js").then((found) => found.Edit)} example=${row.id} branch=${overview.branch} onClose=${close} onSaved=${(/** @type {any} */ report) => {
      onTold(report.unchanged ? "Nothing was changed." : "Saved, as one operation. `vault undo` takes it back.");
      again();
    }} />`,
    all: () => html`<${Later} load=${() => import("./view/all.js").then((found) => found.All)} choice=${choice} onClose=${close}
      count=${async () => {
        await labels.sent();
        return post("/api/labels/count", { query: queryOf(view) });
      }}
      onGive=${(/** @type {string} */ label, /** @type {string} */ typed, /** @type {any} */ counted) =>
        post("/api/labels/all", { ...counted, query: queryOf(view), name: label, typed })}
      onDone=${(/** @type {any} */ report) =>
        onTold(`${report.labelled.toLocaleString("en")} labelled, ${report.unchanged.toLocaleString("en")} had it already. \`vault undo\` takes it back.`)} />`,
  };
  const shownDialog = /** @type {Record<string, () => any>} */ (dialogs)[dialog.name];
  return { labels, choices, choice, listed: checking?.listed ?? choice, seen, isOn, isStaged, error, keys, choose, giveValue, flag, step, edit, open, bar: checking?.bar ?? null,
    dialog: shownDialog === undefined ? null : html`<div key=${dialog.number}>${shownDialog()}</div>` };
}

/**
 * Labels that were typed in this tab join those to choose from, with their values.
 * @param {any[]} choices
 * @param {{ name: string, value: string }[]} added
 */
function withAdded(choices, added) {
  const found = choices.map((each) => ({ ...each, values: [...each.values] }));
  for (const { name, value } of added) {
    let known = found.find((each) => each.name === name);
    if (known === undefined) {
      known = { name, values: [], keys: [], raters: 1, own: name, declared: false };
      found.push(known);
    }
    if (known.declared || known.values.map(String).includes(value)) continue;
    known.values.push(typedValue(value));
    known.keys = [..."123456789"].slice(0, known.values.length);
  }
  return found;
}

/**
 * @param {string} text
 * @returns {unknown} the value that the command line makes of it
 */
function typedValue(text) {
  if (text === "true" || text === "false") return text === "true";
  return /^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(text) ? Number(text) : text;
}
