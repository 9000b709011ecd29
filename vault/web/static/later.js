// Parts of the page that are loaded when they are first wanted.
import { useEffect, useState } from "./vendor/hooks.js";
import { html } from "./html.js";

/** @param {any} props `load` gives the component that gets the others */
export function Later({ load, ...props }) {
  const [found, setFound] = useState(/** @type {any} */ (null));
  useEffect(() => {
    const failed = () => html`<p class="command error" role="alert">The explorer does not answer. Is <code>vault ui</code> still running?</p>`;
    load().then((/** @type {any} */ Page) => setFound({ Page }), () => setFound({ Page: failed }));
  }, []);
  return found !== null && html`<${found.Page} ...${props} />`;
}
