// Dialogs, such as a note or a label that is typed.
import { useLayoutEffect, useRef, useState } from "../vendor/hooks.js";
import { html } from "../html.js";
import { focusOn } from "../use.js";

/**
 * `look` is of those that are only read: with a button that closes them.
 * @param {{ name: string, children?: any, look?: string, isWide?: boolean, onCancel?: (event: Event) => void, onClose: () => void }} props
 */
export function Dialog({ name, children, look = "", isWide = false, onCancel, onClose }) {
  const box = useRef(/** @type {any} */ (null));
  // Before the next key: the dialog has to have it.
  useLayoutEffect(() => {
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    box.current.showModal();
    return () => {
      // Keys have to lead somewhere.
      if (before === null || before === document.body || !before.isConnected) focusOn(".list");
      else before.focus({ preventScroll: true });
    };
  }, []);
  return html`<dialog class=${`help ${look}${isWide ? " wide" : ""}`} ref=${box} onCancel=${onCancel} onClose=${onClose} aria-label=${name}>
    <form class="head" method="dialog"><h2>${name}</h2>${look !== "" && html`<button>Close</button>`}</form>${children}</dialog>`;
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
 * @param {string} typed
 * @returns {[string, string]} the name and the value of `name=value`
 */
export function partsOf(typed) {
  const at = typed.indexOf("=");
  return at < 0 ? ["", ""] : [typed.slice(0, at).trim(), typed.slice(at + 1).trim()];
}
