// Markdown as data: a small subset without links, pictures and HTML, read in linear time. What is not
// surely Markdown stays text, so that only marks of syntax go, and every word of the text is there.

/**
 * @typedef {{ kind: "text" | "code" | "bold" | "italic" | "link", text?: string, address?: string, inner?: Inline[] }} Inline
 * @typedef {{ kind: "paragraph" | "heading" | "code" | "list" | "quote" | "table" | "rule", level?: number, text?: string,
 *             language?: string, inline?: Inline[], inner?: Block[], items?: { marker: string, inner: Block[] }[],
 *             rows?: Inline[][][] }} Block
 */

/** Longer texts are shown as they are. */
const MOST_CHARS = 200_000;
const MOST_NODES = 6_000;
const MOST_NESTED = 6;
const MOST_FORMULA = 4_000;

const FENCE = /^ {0,3}(`{3,}|~{3,})([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+([^\n]*)$/;
const RULE = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t\r]*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*]|\d{1,9}[.)])( +|\t|(?=\r?$))/;
const DELIMITER = /^:?-+:?$/;
const LINK = /\[([^[\]\n]{1,300})\]\(([^\s()]{1,2000}(?:\([^\s()]{0,200}\)[^\s()]{0,200})?)\)/y;
const SPECIAL = /[\\`$*_[!]/g;
const WORD = /[\p{L}\p{N}]/u;

class TooMuch extends Error {}

/**
 * @param {string} text
 * @returns {Block[] | null} null for what is too long, or would be too many elements
 */
export function markdownOf(text) {
  if (text.length > MOST_CHARS) return null;
  try {
    return new Reader().blocks(text.split("\n"), 0);
  } catch (error) {
    if (error instanceof TooMuch) return null;
    throw error;
  }
}

class Reader {
  constructor() {
    this._left = MOST_NODES;
  }

  _count() {
    this._left -= 1;
    if (this._left < 0) throw new TooMuch();
  }

  /**
   * @param {string[]} lines
   * @param {number} depth
   * @returns {Block[]}
   */
  blocks(lines, depth) {
    const found = /** @type {Block[]} */ ([]);
    for (let at = 0; at < lines.length; ) {
      if (lines[at].trim() === "") {
        at += 1;
        continue;
      }
      this._count();
      const [block, next] = this._block(lines, at, depth);
      found.push(block);
      at = next;
    }
    return found;
  }

  /**
   * @param {string[]} lines
   * @param {number} at
   * @param {number} depth
   * @returns {[Block, number]} a block, and where the next begins
   */
  _block(lines, at, depth) {
    const line = lines[at];
    const fence = FENCE.exec(line);
    if (fence !== null) return code(lines, at, fence);
    const heading = headingAt(lines, at);
    if (heading !== null) return [{ kind: "heading", level: heading[1].length, inline: this.inline(heading[2]) }, at + 1];
    if (RULE.test(line)) return [{ kind: "rule" }, at + 1];
    if (depth < MOST_NESTED) {
      if (QUOTE.test(line)) return this._quote(lines, at, depth);
      if (ITEM.test(line)) return this._list(lines, at, depth);
    }
    if (isTable(lines, at)) return this._table(lines, at);
    let end = at + 1;
    while (end < lines.length && !isBegun(lines, end, depth)) end += 1;
    return [{ kind: "paragraph", inline: this.inline(lines.slice(at, end).join("\n")) }, end];
  }

  /**
   * @param {string[]} lines
   * @param {number} at
   * @param {number} depth
   * @returns {[Block, number]}
   */
  _quote(lines, at, depth) {
    let end = at;
    while (end < lines.length && QUOTE.test(lines[end])) end += 1;
    const inside = lines.slice(at, end).map((line) => line.replace(QUOTE, ""));
    return [{ kind: "quote", inner: this.blocks(inside, depth + 1) }, end];
  }

  /**
   * @param {string[]} lines
   * @param {number} at
   * @param {number} depth
   * @returns {[Block, number]}
   */
  _list(lines, at, depth) {
    const items = [];
    const first = /** @type {RegExpExecArray} */ (ITEM.exec(lines[at]));
    const isNumbered = first[2].length > 1;
    let begun = /** @type {RegExpExecArray | null} */ (first);
    while (begun !== null && begun[2].length > 1 === isNumbered && !RULE.test(lines[at])) {
      this._count();
      const wide = begun[0].length > begun[1].length + begun[2].length + 4;
      const inset = wide ? begun[1].length + begun[2].length + 1 : begun[0].length;
      const inside = [lines[at].slice(Math.min(inset, lines[at].length))];
      at += 1;
      for (; at < lines.length; at += 1) {
        const isBlank = lines[at].trim() === "";
        if (isBlank && !(at + 1 < lines.length && insetOf(lines[at + 1]) >= inset)) break;
        if (!isBlank && insetOf(lines[at]) < inset) break;
        inside.push(outdented(lines[at], inset));
      }
      items.push({ marker: isNumbered ? begun[2] : "", inner: this.blocks(inside, depth + 1) });
      let next = at;
      while (next < lines.length && lines[next].trim() === "") next += 1;
      begun = next < lines.length ? ITEM.exec(lines[next]) : null;
      if (begun !== null) at = next;
    }
    return [{ kind: "list", items, level: isNumbered ? 1 : 0 }, at];
  }

  /**
   * @param {string[]} lines
   * @param {number} at
   * @returns {[Block, number]}
   */
  _table(lines, at) {
    const rows = [cellsOf(lines[at])];
    let end = at + 2;
    while (end < lines.length && lines[end].includes("|") && lines[end].trim() !== "") {
      rows.push(cellsOf(lines[end]));
      end += 1;
    }
    return [{ kind: "table", rows: rows.map((row) => row.map((cell) => this._cell(cell))) }, end];
  }

  /** @param {string} text */
  _cell(text) {
    this._count();
    return this.inline(text);
  }

  /**
   * @param {string} text
   * @returns {Inline[]}
   */
  inline(text) {
    return this._paired(this._tokens(text));
  }

  /**
   * @param {string} text
   * @returns {(Inline & { mark?: string, opens?: boolean, closes?: boolean })[]}
   */
  _tokens(text) {
    const tokens = /** @type {(Inline & { mark?: string, opens?: boolean, closes?: boolean })[]} */ ([]);
    const spans = new CodeSpans(text);
    const next = nextIn(text);
    let start = 0;
    const upTo = (/** @type {number} */ end) => {
      if (end > start) tokens.push({ kind: "text", text: text.slice(start, end) });
    };
    SPECIAL.lastIndex = 0;
    for (let hit = SPECIAL.exec(text); hit !== null; hit = SPECIAL.exec(text)) {
      const at = hit.index;
      let end = at + 1;
      const sign = text[at];
      if (sign === "\\" || sign === "$") end = mathEnd(text, at, next);
      else if (sign === "!") end = text[at + 1] === "[" ? linkEnd(text, at + 1) ?? at + 2 : at + 1;
      else if (sign === "`") {
        const run = runEnd(text, at);
        const close = spans.closing(at, run - at);
        end = close ?? run;
        if (close !== null) {
          upTo(at);
          this._count();
          tokens.push({ kind: "code", text: text.slice(run, close - (run - at)) });
          start = end;
        }
      } else if (sign === "[") {
        LINK.lastIndex = at;
        const link = LINK.exec(text);
        if (link !== null) {
          upTo(at);
          this._count();
          tokens.push({ kind: "link", text: link[1], address: link[2] });
          start = end = LINK.lastIndex;
        }
      } else {
        end = runEnd(text, at);
        const mark = markAt(text, at, end);
        if (mark !== null) {
          upTo(at);
          tokens.push({ kind: "text", text: text.slice(at, end), ...mark });
          start = end;
        }
      }
      SPECIAL.lastIndex = end;
    }
    upTo(text.length);
    return tokens;
  }

  /**
   * Puts what stands between two marks of a kind into one node. Each mark is opened and closed once.
   * @param {(Inline & { mark?: string, opens?: boolean, closes?: boolean })[]} tokens
   * @returns {Inline[]}
   */
  _paired(tokens) {
    const stack = /** @type {{ mark: string, into: Inline[] }[]} */ ([{ mark: "", into: [] }]);
    const open = /** @type {Map<string, number>} */ (new Map());
    const top = () => stack[stack.length - 1];
    const spill = () => {
      const { mark, into } = /** @type {{ mark: string, into: Inline[] }} */ (stack.pop());
      open.set(mark, (open.get(mark) ?? 1) - 1);
      add(top().into, { kind: "text", text: mark });
      for (const each of into) add(top().into, each);
    };
    for (const { mark, opens, closes, ...token } of tokens) {
      if (mark !== undefined && closes && (open.get(mark) ?? 0) > 0) {
        while (top().mark !== mark) spill();
        const { into } = /** @type {{ mark: string, into: Inline[] }} */ (stack.pop());
        open.set(mark, (open.get(mark) ?? 1) - 1);
        this._count();
        const kind = mark.length === 1 ? "italic" : "bold";
        top().into.push({ kind, inner: mark.length === 3 ? [{ kind: "italic", inner: into }] : into });
      } else if (mark !== undefined && opens && stack.length <= MOST_NESTED) {
        stack.push({ mark, into: [] });
        open.set(mark, (open.get(mark) ?? 0) + 1);
      } else add(top().into, token);
    }
    while (stack.length > 1) spill();
    return stack[0].into;
  }
}

/** Where spans of code end: runs of backticks by their length, found once. */
class CodeSpans {
  /** @param {string} text */
  constructor(text) {
    this._runs = /** @type {Map<number, number[]>} */ (new Map());
    for (let at = text.indexOf("`"); at >= 0; ) {
      const end = runEnd(text, at);
      const runs = this._runs.get(end - at) ?? [];
      runs.push(at);
      this._runs.set(end - at, runs);
      at = text.indexOf("`", end);
    }
    for (const runs of this._runs.values()) runs.reverse();
  }

  /**
   * @param {number} at
   * @param {number} length of the run that opens there
   * @returns {number | null} behind the run of the same length that closes it
   */
  closing(at, length) {
    const runs = this._runs.get(length) ?? [];
    while (runs.length > 0 && runs[runs.length - 1] <= at) runs.pop();
    return runs.length > 0 ? runs[runs.length - 1] + length : null;
  }
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @param {RegExpExecArray} fence
 * @returns {[Block, number]}
 */
function code(lines, at, fence) {
  const [, opened, language] = fence;
  let end = at + 1;
  for (; end < lines.length; end += 1) {
    const closed = FENCE.exec(lines[end]);
    if (closed !== null && closed[2].trim() === "" && closed[1].startsWith(opened)) break;
  }
  // What is never closed is code to the end, as in an answer that was cut.
  return [{ kind: "code", language: language.trim(), text: lines.slice(at + 1, end).join("\n") }, end + 1];
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @param {number} depth
 * @returns {boolean} whether a paragraph ends before this line
 */
function isBegun(lines, at, depth) {
  const line = lines[at];
  if (line.trim() === "" || FENCE.test(line) || headingAt(lines, at) !== null || RULE.test(line)) return true;
  return (depth < MOST_NESTED && (QUOTE.test(line) || ITEM.test(line))) || isTable(lines, at);
}

/**
 * Comments of code that stands in no fence look the same: a heading stands apart from what is above it,
 * and of the first level also from what is below.
 * @param {string[]} lines
 * @param {number} at
 */
function headingAt(lines, at) {
  const heading = HEADING.exec(lines[at]);
  const isApart = (/** @type {number} */ place) => (lines[place] ?? "").trim() === "" || HEADING.test(lines[place]);
  if (heading === null || !isApart(at - 1) || (heading[1].length === 1 && !isApart(at + 1))) return null;
  return heading;
}

/**
 * @param {string[]} lines
 * @param {number} at
 */
function isTable(lines, at) {
  const next = lines[at + 1];
  if (next === undefined || !lines[at].includes("|") || !next.includes("-") || insetOf(next) > 3) return false;
  const cells = cellsOf(next);
  return cells.every((each) => DELIMITER.test(each)) && cellsOf(lines[at]).length === cells.length;
}

/**
 * @param {string} line
 * @returns {string[]}
 */
function cellsOf(line) {
  const cells = line.trim().split(/(?<!\\)\|/);
  if (cells[0].trim() === "") cells.shift();
  if (cells.length > 0 && cells[cells.length - 1].trim() === "") cells.pop();
  return cells.map((each) => each.trim());
}

/** @param {string} line */
function insetOf(line) {
  let at = 0;
  while (line[at] === " ") at += 1;
  return line[at] === "\t" ? 4 : at === line.length ? 0 : at;
}

/**
 * @param {string} line
 * @param {number} inset
 * @returns {string} without so many spaces at its beginning, or a tab
 */
function outdented(line, inset) {
  let at = 0;
  while (at < inset && line[at] === " ") at += 1;
  return line.slice(at < inset && line[at] === "\t" ? at + 1 : at);
}

/**
 * Adds a node; texts that follow one another become one.
 * @param {Inline[]} into
 * @param {Inline} node
 */
function add(into, node) {
  const last = into[into.length - 1];
  if (node.kind === "text" && last?.kind === "text") {
    into[into.length - 1] = { kind: "text", text: `${last.text}${node.text}` };
  } else into.push(node);
}

/**
 * @param {string} text
 * @param {number} at
 * @returns {number} behind the run of the character at a place
 */
function runEnd(text, at) {
  let end = at + 1;
  while (text[end] === text[at]) end += 1;
  return end;
}

/**
 * @param {string} text
 * @returns {(mark: string, from: number) => number} where a mark is next, -1 for nowhere; asked from left to right
 */
function nextIn(text) {
  const known = /** @type {Map<string, number>} */ (new Map());
  return (mark, from) => {
    const before = known.get(mark);
    if (before !== undefined && (before === -1 || before >= from)) return before;
    const at = text.indexOf(mark, from);
    known.set(mark, at);
    return at;
  };
}

/**
 * Formulas stay as they are: stars and underscores mean something else there.
 * @param {string} text
 * @param {number} at
 * @param {(mark: string, from: number) => number} next
 * @returns {number} behind a formula, or behind an escaped character
 */
function mathEnd(text, at, next) {
  const after = text[at + 1] ?? "";
  if (text[at] === "\\") {
    const close = after === "(" ? "\\)" : after === "[" ? "\\]" : null;
    const end = close === null ? -1 : next(close, at);
    return end < 0 ? at + 2 : end + 2;
  }
  const mark = after === "$" ? "$$" : "$";
  const from = at + mark.length;
  const end = next(mark, from);
  if (end <= from || end - from > MOST_FORMULA) return from;
  const isDisplayed = mark === "$$" || (text[from].trim() !== "" && text[end - 1].trim() !== "");
  return isDisplayed ? end + mark.length : from;
}

/**
 * @param {string} text
 * @param {number} at
 */
function linkEnd(text, at) {
  LINK.lastIndex = at;
  return LINK.test(text) ? LINK.lastIndex : null;
}

/**
 * @param {string} text
 * @param {number} at
 * @param {number} end
 * @returns {{ mark: string, opens: boolean, closes: boolean } | null}
 */
function markAt(text, at, end) {
  if (end - at > 3) return null;
  const before = text[at - 1] ?? " ";
  const after = text[end] ?? " ";
  // Names such as __init__ are never meant.
  if (end - at > 1 && text[at] === "_") return null;
  // Between words it is multiplication, or a name such as a_b; two stars may stand in a word.
  const isLoose = end - at > 1 && text[at] === "*";
  const opens = after.trim() !== "" && (isLoose || !WORD.test(before));
  const closes = before.trim() !== "" && (isLoose || !WORD.test(after));
  return opens || closes ? { mark: text.slice(at, end), opens, closes } : null;
}
