// Dialogs: a note, a label that is typed, and a label for all that match.
import { useEffect, useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
import { html } from "../html.js";
import { shown } from "../text.js";

/** @param {{ name: string, children?: any, isWide?: boolean, onCancel?: (event: Event) => void, onClose: () => void }} props */
export function Dialog({ name, children, isWide = false, onCancel, onClose }) {
  const box = useRef(/** @type {any} */ (null));
  // Before the next key: the dialog has to have it.
  useLayoutEffect(() => {
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    box.current.showModal();
    return () => before?.focus({ preventScroll: true });
  }, []);
  return html`<dialog class=${isWide ? "help wide" : "help"} ref=${box} onCancel=${onCancel} onClose=${onClose} aria-label=${name}><h2>${name}</h2>${children}</dialog>`;
}

/**
 * Asks for one line of text.
 * @param {{ name: string, told: string, text: string, onText: (text: string) => void, onClose: () => void }} props
 */
export function Line({ name, told, text, onText, onClose }) {
  const [typed, setTyped] = useState(text);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    onText(typed.trim());
    onClose();
  };
  return html`
    <${Dialog} name=${name} onClose=${onClose}>
      <form onSubmit=${submit}>
        <label class="line"><span>${told}</span>
          <input type="text" value=${typed} autocomplete="off" autofocus onInput=${(/** @type {any} */ event) => setTyped(event.target.value)} />
        </label>
        <p><button>Save</button> <button type="button" onClick=${onClose}>Cancel</button></p>
      </form>
    <//>
  `;
}

/**
 * Asks which label all that match get, and says how many those are.
 * @param {{ choice: any, count: () => Promise<any>, onGive: (name: string, typed: string, counted: any) => Promise<any>,
 *           onDone: (report: any) => void, onClose: () => void }} props
 */
export function All({ choice, count, onGive, onDone, onClose }) {
  const [counted, setCounted] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  const [typed, setTyped] = useState(choice === null ? "" : `${choice.name}=`);
  const again = () => {
    setCounted(null);
    count().then(setCounted, setError);
  };
  useEffect(() => {
    again();
  }, []);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const [name, value] = partsOf(typed);
    if (name === "" || value === "" || counted === null) return;
    setError(null);
    try {
      onDone(await onGive(name, value, counted));
      onClose();
    } catch (refused) {
      setError(refused);
      again();
    }
  };
  const total = counted === null ? "…" : counted.total.toLocaleString("en");
  return html`
    <${Dialog} name="Label all that match" onClose=${onClose}>
      <form onSubmit=${submit}>
        <p><strong>${total}</strong> examples get the label, as one operation.</p>
        <label class="line"><span>Label and value</span>
          <input type="text" value=${typed} autocomplete="off" autofocus placeholder="quality=gold"
            onInput=${(/** @type {any} */ event) => setTyped(event.target.value)} />
        </label>
        ${choice !== null && html`<p>${choice.values.map((/** @type {unknown} */ value) => html`<button type="button"
          onClick=${() => setTyped(`${choice.name}=${value}`)}>${shown(String(value))}</button> `)}</p>`}
        ${error !== null && html`<p class="error" role="alert">${shown(error.message)}</p>`}
        <p><button disabled=${counted === null}>Label ${total}</button> <button type="button" onClick=${onClose}>Cancel</button></p>
      </form>
    <//>
  `;
}

/**
 * @param {string} typed
 * @returns {[string, string]} the name and the value of `name=value`
 */
export function partsOf(typed) {
  const at = typed.indexOf("=");
  return at < 0 ? ["", ""] : [typed.slice(0, at).trim(), typed.slice(at + 1).trim()];
}
