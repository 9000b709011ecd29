// Elements from templates: HTM writes them, Preact keeps them. Texts are text nodes, always.
import { h } from "./vendor/preact.js";
import htm from "./vendor/htm.js";

export const html = htm.bind(h);
