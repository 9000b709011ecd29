// Types of what the explorer uses of htm.js: for checking only, never served.
import type { Node, h } from "./preact.js";
type Template = (strings: TemplateStringsArray, ...values: unknown[]) => Node;
declare const htm: { bind(make: typeof h): Template };
export default htm;
