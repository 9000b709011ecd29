// A picture that the record holds itself: shown after a click, typed and decoded by the server.
import { html } from "../../html.js";
import { useEffect, useState } from "../../vendor/hooks.js";
import { getBytes } from "../../api.js";
import { shown } from "../../text.js";

/** @param {{ path: string, sizeBytes: number }} props */
export function Picture({ path, sizeBytes }) {
  const [address, setAddress] = useState(/** @type {string | null} */ (null));
  const [refused, setRefused] = useState(/** @type {any} */ (null));
  useEffect(() => () => {
    if (address !== null) URL.revokeObjectURL(address);
  }, [address]);
  const show = () =>
    getBytes(path).then((blob) => setAddress(URL.createObjectURL(blob)), setRefused);
  if (refused !== null) return html`<p class="hint">${shown(refused.message)}</p>`;
  if (address !== null) {
    const broken = () => setRefused({ message: "this picture cannot be shown: its bytes are damaged" });
    return html`<img class="picture" alt="picture of the record" src=${address} onError=${broken} />`;
  }
  return html`<p><button onClick=${show}>Show picture, ${size(sizeBytes)}</button></p>`;
}

/** @param {number} bytes */
function size(bytes) {
  return bytes < 1_000 ? `${bytes} bytes` : `${Math.round(bytes / 1_000).toLocaleString("en")} kB`;
}
