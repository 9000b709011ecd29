// Editing an example: one of its texts or the whole record, checked as it is typed.
import { useEffect, useState } from "../vendor/hooks.js";
import { get, post } from "../api.js";
import { html } from "../html.js";
import { Failure, shown } from "../text.js";
import { Dialog } from "./dialogs.js";

const WAIT_MS = 350;
const MOST_TEXTS = 200;
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** @param {{ example: string, branch: string, onSaved: (report: any) => void, onClose: () => void }} props */
export function Edit({ example, branch, onSaved, onClose }) {
  const [record, setRecord] = useState(/** @type {string | null} */ (null));
  const [field, setField] = useState("");
  const [typed, setTyped] = useState("");
  const [isCopy, setCopy] = useState(false);
  const [found, setFound] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  const [isSaving, setSaving] = useState(false);
  useEffect(() => {
    get(`/api/record?id=${example}`).then(({ text }) => {
      const texts = textsOf(text);
      setRecord(text);
      choose(texts.at(-1)?.[0] ?? "", text);
    }, setError);
  }, []);
  const texts = record === null ? [] : textsOf(record);
  const before = record === null ? "" : field === "" ? record : texts.find(([path]) => path === field)?.[1] ?? "";
  const choose = (/** @type {string} */ path, text = record ?? "") => {
    setField(path);
    setTyped(path === "" ? text : textsOf(text).find(([each]) => each === path)?.[1] ?? "");
    setFound(null);
    setError(null);
  };
  const ask = (/** @type {boolean} */ save) =>
    post(save ? "/api/edit" : "/api/edit/try", { branch, example, field: field === "" ? null : field, text: typed, copy: isCopy });
  const isChanged = record !== null && typed !== before;
  useEffect(() => {
    setFound(null);
    setError(null);
    if (!isChanged) return;
    let isDropped = false;
    const due = setTimeout(() => ask(false).then((answer) => isDropped || setFound(answer), (refused) => isDropped || setError(refused)), WAIT_MS);
    return () => {
      isDropped = true;
      clearTimeout(due);
    };
  }, [typed, field, isCopy, isChanged]);
  const save = async () => {
    if (!isChanged || isSaving) return;
    setSaving(true);
    try {
      onSaved(await ask(true));
      onClose();
    } catch (refused) {
      setError(refused);
      setSaving(false);
    }
  };
  const cancel = (/** @type {Event} */ event) => {
    if (!isChanged || error?.isWarning) return;
    event.preventDefault();
    setError({ message: "This is not saved.", hint: "Esc once more gives it up", isWarning: true });
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
  };
  return html`
    <${Dialog} name="Edit the example" onClose=${onClose} onCancel=${cancel} isWide=${true}>
      ${record !== null && html`
        <label class="line"><span>What to edit</span>
          <select value=${field} disabled=${isChanged} onChange=${(/** @type {any} */ event) => choose(event.target.value)}>
            ${texts.map(([path, text]) => html`<option value=${path} selected=${path === field}>${shown(`${path}: ${text.slice(0, 60)}`)}</option>`)}
            <option value="" selected=${field === ""}>the whole record, as JSON</option>
          </select></label>
        <label class="line"><span class="unseen">Text</span>
          <textarea rows="12" spellcheck=${field !== ""} autofocus value=${typed} onKeyDown=${press}
            onInput=${(/** @type {any} */ event) => setTyped(event.target.value)}></textarea></label>
        <label><input type="checkbox" checked=${isCopy} onChange=${(/** @type {any} */ event) => setCopy(event.target.checked)} /> add it as a new example, and keep this one</label>`}
      <div class="checked" role="status">${told(found, isChanged, error)}</div>
      <${Failure} error=${error} />
      <p><button disabled=${!isChanged || isSaving} onClick=${save}>Save <kbd>Ctrl Enter</kbd></button>
        ${" "}<button onClick=${onClose}>Cancel</button></p>
    <//>
  `;
}

/**
 * @param {any} found
 * @param {boolean} isChanged
 * @param {any} error
 */
function told(found, isChanged, error) {
  if (error !== null) return "";
  if (found === null) return isChanged ? "Checking…" : "Nothing is changed yet.";
  const { difference, findings, labels_left: left } = found;
  return html`
    <p class="difference">${difference.map((/** @type {string[]} */ [kept, removed, added]) => [
      shown(kept), removed && html`<del>${shown(removed)}</del>`, added && html`<ins>${shown(added)}</ins>`])}</p>
    ${findings.length === 0
      ? html`<p>The rules find nothing wrong with it.</p>`
      : html`<ul>${findings.map((/** @type {any} */ each) => html`<li><strong>${each.severity}</strong> <code>${each.code}</code> ${shown(each.message)}</li>`)}</ul>`}
    ${left.length > 0 && html`<p>These labels do not come along, because the text has changed: ${shown(left.join(", "))}</p>`}`;
}

/**
 * @param {string} record
 * @returns {[string, string][]} the path and the text of each text in a record, messages of a chat last
 */
function textsOf(record) {
  const found = /** @type {[string, string][]} */ ([]);
  const look = (/** @type {any} */ value, /** @type {string} */ path) => {
    if (found.length >= MOST_TEXTS) return;
    if (typeof value === "string") found.push([path, value]);
    else if (Array.isArray(value)) value.forEach((each, at) => look(each, `${path}[${at}]`));
    else if (value !== null && typeof value === "object") {
      for (const [name, each] of Object.entries(value)) {
        if (PLAIN_NAME.test(name)) look(each, path === "" ? name : `${path}.${name}`);
      }
    }
  };
  look(JSON.parse(record), "");
  return found.filter(([path]) => !path.endsWith(".role"));
}
