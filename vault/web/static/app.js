// The explorer: opens a session, asks what is there, and shows it.
import { render } from "./vendor/preact.js";
import { useEffect, useState } from "./vendor/hooks.js";
import { enter, get } from "./api.js";
import { html } from "./html.js";
import { shown } from "./text.js";
import { Overview } from "./view/overview.js";

function App() {
  const [overview, setOverview] = useState(/** @type {any} */ (null));
  const [refused, setRefused] = useState(/** @type {any} */ (null));
  useEffect(() => {
    enter().then(() => get("/api/overview")).then(setOverview, setRefused);
  }, []);
  useEffect(() => {
    if (overview !== null) document.title = `${overview.name} – vault`;
  }, [overview]);
  if (refused !== null) return html`<${Stopped} refused=${refused} />`;
  if (overview === null) return html`<p class="loading" role="status">Reading…</p>`;
  return html`
    <header>
      <h1>${shown(overview.name)}</h1>
      <dl>
        <div><dt>branch</dt><dd>${shown(overview.branch ?? "none")}</dd></div>
        <div><dt>version</dt><dd>${shown(overview.revision)}</dd></div>
        ${overview.where.map((/** @type {string} */ each) => html`<div><dt>only</dt><dd><code>${shown(each)}</code></dd></div>`)}
        <div><dt>you</dt><dd>${shown(overview.person)}${overview.read_only && ", reading only"}</dd></div>
      </dl>
    </header>
    <main><${Overview} overview=${overview} /></main>
  `;
}

/** @param {{ refused: any }} props */
function Stopped({ refused }) {
  return html`
    <main class="stopped" role="alert">
      <h1>${refused.status === 401 ? "This tab has no session" : "That did not work"}</h1>
      <p>${shown(refused.message)}</p>
      ${refused.hint && html`<p class="hint">${shown(refused.hint)}</p>`}
      ${refused.status === 401 && html`<p>
        In the terminal where <code>vault ui</code> runs, press Enter: it prints a link for a new tab.
      </p>`}
    </main>
  `;
}

const root = document.getElementById("app");
if (root !== null) {
  root.replaceChildren();
  render(html`<${App} />`, root);
}
