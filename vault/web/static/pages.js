// Pages of the list: asked for as they come into view, kept for a while, dropped when they are late.
import { get } from "./api.js";
import { queryOf } from "./state.js";

export const PAGE = 100;
const MOST_KEPT = 60;

/** The rows of one list, as far as they were asked for. */
export class Pages {
  /**
   * @param {import("./state.js").View} view
   * @param {() => void} onChange
   * @param {(error: any) => void} onError
   */
  constructor(view, onChange, onError) {
    this.total = /** @type {number | null} */ (null);
    this.of = 0;
    this.version = /** @type {string | null} */ (null);
    this.hasMoved = false;
    this._query = queryOf(view);
    this._onChange = onChange;
    this._onError = onError;
    this._kept = /** @type {Map<number, any[] | null>} */ (new Map());
    this._isDropped = false;
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
   * Notes the version of an answer, and whether the examples have changed since.
   * @param {{ version: string, now: string }} answer
   * @returns {boolean} whether it is of this list: rows of two versions are never mixed
   */
  isOfThis({ version, now }) {
    this.version ??= version;
    if (now !== this.version) this.hasMoved = true;
    return version === this.version;
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
    for (const page of this._kept.keys()) {
      if (this._kept.size <= MOST_KEPT) break;
      this._kept.delete(page);
    }
  }

  /** @param {number} page */
  async _ask(page) {
    this._kept.set(page, null);
    try {
      const path = `/api/examples?${this.query}&offset=${page * PAGE}&limit=${PAGE}`;
      const answer = await get(path);
      if (this._isDropped) return;
      if (this.isOfThis(answer)) {
        this.total = answer.total;
        this.of = answer.of;
        this._kept.set(page, answer.items);
      }
      this._onChange();
    } catch (error) {
      if (this._isDropped) return;
      this._kept.delete(page);
      this._onError(error);
    }
  }
}
