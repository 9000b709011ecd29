// Parts of the page that are loaded when they are first wanted.
import { useEffect, useState } from "./vendor/hooks.js";
import { html } from "./html.js";

let styles = /** @type {Promise<unknown> | null} */ (null);

/** Waits for the styles of these parts. */
function styled() {
  styles ??= new Promise((done) => {
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("./later.css", import.meta.url).href, onload: done, onerror: done }));
  });
  return styles;
}

/** @param {any} props `load` gives the component that gets the others; it starts anew when `one` is another */
export function Later({ load, one = "", ...props }) {
  const [found, setFound] = useState(/** @type {any} */ (null));
  useEffect(() => {
    const failed = () => html`<p class="command error" role="alert">The explorer does not answer. Is <code>vault ui</code> still running?</p>`;
    Promise.all([load(), styled()]).then(([Page]) => setFound({ Page }), () => setFound({ Page: failed }));
  }, []);
  return found !== null && html`<${found.Page} key=${one} ...${props} />`;
}

/** @param {any} props those of a picture, which few examples have */
export function Picture(props) {
  return html`<${Later} load=${() => import("./view/reading/pictures.js").then((found) => found.Picture)} ...${props} />`;
}
