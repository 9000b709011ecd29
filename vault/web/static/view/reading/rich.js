// A text as it is meant to be read, or as it stands: Markdown becomes elements, never HTML.
import { html } from "../../html.js";
import { markdownOf } from "../../markdown.js";
import { found, shown, timesFound } from "../../text.js";

/** @param {{ text: string, sought: string, isRaw?: boolean }} props */
export function Text({ text, sought, isRaw = false }) {
  const blocks = isRaw ? null : markdownOf(text);
  // What is sought may reach over marks: then it is shown where it stands.
  const isWhole = blocks !== null && (sought === "" || timesIn(blocks, sought) >= timesFound(text, sought));
  if (blocks === null || !isWhole) return html`<div class="text">${found(text, sought)}</div>`;
  return html`<div class="rich">${blocks.map((block) => html`<${Block} block=${block} sought=${sought} />`)}</div>`;
}

/** @param {{ block: import("../../markdown.js").Block, sought: string }} props */
function Block({ block, sought }) {
  const inner = (/** @type {any[] | undefined} */ blocks) =>
    (blocks ?? []).map((each) => html`<${Block} block=${each} sought=${sought} />`);
  const inline = (/** @type {any[] | undefined} */ nodes) =>
    (nodes ?? []).map((each) => html`<${Inline} node=${each} sought=${sought} />`);
  switch (block.kind) {
    case "heading":
      // No heading of the page: an example must not change its outline.
      return html`<p class=${"heading level-" + block.level}>${inline(block.inline)}</p>`;
    case "code":
      return html`${block.language !== "" && html`<p class="language">${shown(block.language ?? "")}</p>`}
        <pre class="code"><code>${found(block.text ?? "", sought)}</code></pre>`;
    case "list":
      return html`<ul class=${block.level === 1 ? "numbered" : "bullets"}>
        ${block.items?.map(({ marker, inner: blocks }) => html`<li>${marker !== "" && html`<span class="marker">${marker}</span> `}<div>${inner(blocks)}</div></li>`)}
      </ul>`;
    case "quote":
      return html`<blockquote>${inner(block.inner)}</blockquote>`;
    case "rule":
      return html`<hr />`;
    case "table": {
      const [head, ...rows] = block.rows ?? [];
      return html`<div class="wide"><table>
        <thead><tr>${head.map((cell) => html`<th scope="col">${inline(cell)}</th>`)}</tr></thead>
        <tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${inline(cell)}</td>`)}</tr>`)}</tbody>
      </table></div>`;
    }
    default:
      return html`<p>${inline(block.inline)}</p>`;
  }
}

/** @param {{ node: import("../../markdown.js").Inline, sought: string }} props */
function Inline({ node, sought }) {
  const inner = node.inner?.map((each) => html`<${Inline} node=${each} sought=${sought} />`);
  switch (node.kind) {
    case "bold":
      return html`<strong>${inner}</strong>`;
    case "italic":
      return html`<em>${inner}</em>`;
    case "code":
      return html`<code>${found(node.text ?? "", sought)}</code>`;
    case "link":
      return html`<span class="link">${found(node.text ?? "", sought)}</span> <span class="address">(${found(node.address ?? "", sought)})</span>`;
    default:
      return found(node.text ?? "", sought);
  }
}

/**
 * @param {any[]} nodes blocks, or what is in them
 * @param {string} sought
 * @returns {number} how often what is sought is in a text that is shown in one piece
 */
function timesIn(nodes, sought) {
  let times = 0;
  for (const each of nodes) {
    times += timesFound(each.text ?? "", sought) + timesFound(each.address ?? "", sought);
    for (const inside of [each.inline, each.inner, ...(each.rows?.flat() ?? []), ...(each.items ?? []).map((/** @type {any} */ item) => item.inner)]) {
      if (inside !== undefined) times += timesIn(inside, sought);
    }
  }
  return times;
}
