// The dialog that labels all that match.
import { useEffect, useState } from "../vendor/hooks.js";
import { html } from "../html.js";
import { shown } from "../text.js";
import { Dialog, partsOf } from "./dialogs.js";

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
