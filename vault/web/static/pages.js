// Pages of the list: asked for as they come into view, kept for a while, dropped when they are late.
import { get } from "./api.js";
import { queryOf } from "./state.js";

// Few more than are in sight: in another order than that of the dataset each may lie in a chunk of its own.
export const PAGE = 32;
const MOST_KEPT = 200;
const AGAIN_MS = 150;

/**
 * @param {string} query
 * @param {number} page
 * @returns {string} what asks the API for a page of a list
 */
export function pathOf(query, page) {
  return `/api/examples?${query}&offset=${page * PAGE}&limit=${PAGE}`;
}

/**
 * Drops what was put in first, until so many are left.
 * @param {Map<number, any>} kept
 * @param {number} most
 */
export function trim(kept, most) {
  for (const each of kept.keys()) {
    if (kept.size <= most) break;
    kept.delete(each);
  }
}

/** The rows of one list, as far as they were asked for. */
export class Pages {
  /**
   * @param {import("./state.js").View} view
   * @param {() => void} onChange
   * @param {(error: any) => void} onError
   */
  constructor(view, onChange, onError) {
    this.rows = "";
    /** The share of examples in which a text was looked for. */
    this.searched = 1;
    this.total = /** @type {number | null} */ (null);
    this.of = 0;
    this.version = /** @type {string | null} */ (null);
    this.hasMoved = false;
    this._query = queryOf(view);
    this._onChange = onChange;
    this._onError = onError;
    this._kept = /** @type {Map<number, any[] | null>} */ (new Map());
    this._isDropped = false;
    this._due = 0;
  }

  /** Makes answers that come late go nowhere. */
  drop() {
    this._isDropped = true;
  }

  /** What asks the API for this list: for its version, once that is known. */
  get query() {
    return this.version === null ? this._query : `${this._query}&version=${this.version}`;
  }

  /**
   * @param {{ version: string }} answer
   * @returns {boolean} whether it is of this list: rows of two versions are never mixed
   */
  isOfThis({ version }) {
    this.version ??= version;
    if (version !== this.version) this.hasMoved = true;
    return version === this.version;
  }

  /** @param {string} rows what says which examples there are now */
  noteRows(rows) {
    if (this.rows !== "" && rows !== this.rows) this.hasMoved = true;
  }

  /**
   * @param {string} example
   * @returns {number} its place, -1 where it is not among the rows that are kept
   */
  placeOf(example) {
    for (const [page, kept] of this._kept) {
      const at = kept?.findIndex((row) => row.id === example) ?? -1;
      if (at >= 0) return page * PAGE + at;
    }
    return -1;
  }

  /**
   * Reads the labels of the rows between two places anew, if they are there.
   * @param {number} first
   * @param {number} last
   */
  async readLabels(first, last) {
    for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page += 1) {
      const kept = this._kept.get(page);
      if (!kept) continue;
      const answer = await get(`/api/labels?${this.query}&offset=${page * PAGE}&limit=${PAGE}`);
      if (this._isDropped || !this.isOfThis(answer)) return;
      const now = kept.map((row, at) => {
        const labels = answer.labels[at] ?? null;
        return labels === null ? { ...row, isStaged: false } : { ...row, labels, upTo: answer.given, isStaged: true };
      });
      this._kept.set(page, now);
      this._onChange();
    }
  }

  /**
   * @param {number} place
   * @returns {any} the row, null while it is not there
   */
  row(place) {
    const page = Math.floor(place / PAGE);
    return this._kept.get(page)?.[place - page * PAGE] ?? null;
  }

  /**
   * Asks for the rows between two places that are not there yet.
   * @param {number} first
   * @param {number} last
   */
  want(first, last) {
    for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page += 1) {
      const kept = this._kept.get(page);
      if (kept === undefined) this._ask(page);
      else {
        this._kept.delete(page);
        this._kept.set(page, kept);
      }
    }
    trim(this._kept, MOST_KEPT);
  }

  /**
   * What is found so far is shown; what is found meanwhile comes after it.
   * @param {number} page
   */
  _askAgain(page) {
    clearTimeout(this._due);
    this._due = setTimeout(() => {
      if (this._isDropped) return;
      for (const [each, rows] of this._kept) {
        if (each !== page && rows !== null && rows.length < PAGE) this._kept.delete(each);
      }
      this._ask(page);
    }, AGAIN_MS);
  }

  /** @param {number} page */
  async _ask(page) {
    this._kept.set(page, this._kept.get(page) ?? null);
    try {
      const answer = await get(pathOf(this.query, page));
      if (this._isDropped) return;
      if (this.isOfThis(answer)) {
        this.total = answer.total;
        this.of = answer.of;
        this.searched = answer.searched;
        if (answer.searched < 1) this._askAgain(page);
        this.rows = answer.rows;
        this.noteRows(answer.now);
        const upTo = answer.given;
        this._kept.set(
          page,
          answer.items.map((/** @type {any} */ row, /** @type {number} */ at) => ({ ...row, upTo, isStaged: answer.staged[at] })),
        );
      }
      this._onChange();
    } catch (error) {
      if (this._isDropped) return;
      this._kept.delete(page);
      this._onError(error);
    }
  }
}
