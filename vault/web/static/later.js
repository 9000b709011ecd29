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

/** Components that are there, by what loads them. */
const loaded = /** @type {Map<() => Promise<any>, any>} */ (new Map());

/**
 * Loads a component ahead.
 * @param {() => Promise<any>} load
 */
export async function loadAhead(load) {
  if (!loaded.has(load)) loaded.set(load, await load());
  return loaded.get(load);
}

/**
 * @param {any} props `load` gives the component that gets the others, and is remembered; `isPlain` needs
 *   no styles but those of the list; another `identity` mounts the component anew
 */
export function Later({ load, identity = "", isPlain = false, ...props }) {
  const [found, setFound] = useState(() => (loaded.has(load) ? { Page: loaded.get(load) } : null));
  useEffect(() => {
    if (found !== null) return;
    const failed = () => html`<p class="command error" role="alert">This cannot be loaded: is <code>vault ui</code> still running? After an update, reload the page.</p>`;
    Promise.all([loadAhead(load), isPlain ? null : styled()]).then(([Page]) => setFound({ Page }), () => setFound({ Page: failed }));
  }, []);
  return found !== null && html`<${found.Page} key=${identity} ...${props} />`;
}

/** @param {any} props those of a picture, which few examples have */
export function Picture(props) {
  return html`<${Later} load=${() => import("./view/reading/pictures.js").then((found) => found.Picture)} ...${props} />`;
}
