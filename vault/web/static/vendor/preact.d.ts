// Types of what the explorer uses of preact.js: for checking only, never served.
export type Node = unknown;
export function h(type: any, props: object | null, ...children: Node[]): Node;
export function render(node: Node, parent: Element): void;
