// Rows of a list beside that of the examples, such as changes: asked for as they come into view.
import { useEffect, useMemo, useState } from "./vendor/hooks.js";
import { get } from "./api.js";
import { PAGE, trim } from "./pages.js";

const MOST_KEPT = 30;
const MOST_ITEMS = 40;

/** The rows of one list and its items, as far as they were asked for; all are of one version. */
export class Rows {
  /**
   * @param {{ list: string, one: string, query: string }} asked
   * @param {(item: any) => any} rowOf
   * @param {() => void} onChange
   * @param {(error: any) => void} onError
   */
  constructor(asked, rowOf, onChange, onError) {
    /** The last answer with rows: it says what there is of them. */
    this.answer = /** @type {any} */ (null);
    this.hasMoved = false;
    this._asked = asked;
    this._rowOf = rowOf;
    this._onChange = onChange;
    this._onError = onError;
    this._pages = /** @type {Map<number, any[] | null>} */ (new Map());
    this._items = /** @type {Map<number, any>} */ (new Map());
    this._isDropped = false;
  }

  drop() {
    this._isDropped = true;
  }

  /** @returns {number} */
  get total() {
    return this.answer?.total ?? 0;
  }

  /** @param {number} place */
  row(place) {
    return this._pages.get(Math.floor(place / PAGE))?.[place % PAGE] ?? null;
  }

  /** @param {number} place */
  item(place) {
    return this._items.get(place) ?? null;
  }

  /**
   * @param {number} first
   * @param {number} last
   */
  want(first, last) {
    for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page += 1) {
      if (this._pages.has(page)) continue;
      this._pages.set(page, null);
      this._get(this._asked.list, `offset=${page * PAGE}&limit=${PAGE}`, () => this._pages.delete(page), (answer) => {
        this.answer = answer;
        this._pages.set(page, answer.items.map(this._rowOf));
      });
    }
    trim(this._pages, MOST_KEPT);
  }

  /**
   * @param {number} place
   * @param {boolean} [isWhole]
   */
  read(place, isWhole = false) {
    if (this._items.has(place) && !isWhole) return;
    this._items.set(place, this._items.get(place) ?? null);
    trim(this._items, MOST_ITEMS);
    this._get(this._asked.one, `place=${place}${isWhole ? "&whole=1" : ""}`, () => this._items.delete(place), (answer) => {
      this._items.set(place, answer);
    });
  }

  /**
   * @param {string} path
   * @param {string} wanted
   * @param {() => void} onFailed
   * @param {(answer: any) => void} onAnswer
   */
  async _get(path, wanted, onFailed, onAnswer) {
    const version = this.answer === null ? "" : `&version=${this.answer.version}`;
    try {
      const answer = await get(`${path}?${this._asked.query}&${wanted}${version}`);
      if (this._isDropped) return;
      // Rows of two versions are never mixed.
      if (this.answer !== null && answer.version !== this.answer.version) this.hasMoved = true;
      else onAnswer(answer);
      this._onChange();
    } catch (error) {
      if (this._isDropped) return;
      onFailed();
      this._onError(error);
    }
  }
}

/**
 * The rows that a query asks for; others where it is another one, or when they are wanted anew.
 * @param {{ list: string, one: string, query: string }} asked
 * @param {(item: any) => any} rowOf
 * @param {(error: any) => void} onError
 */
export function useRows(asked, rowOf, onError) {
  const [, setCount] = useState(0);
  const [run, setRun] = useState(0);
  const rows = useMemo(
    () => new Rows(asked, rowOf, () => setCount((before) => before + 1), onError),
    [asked.list, asked.query, run],
  );
  useEffect(() => {
    onError(null);
    rows.want(0, 0);
    return () => rows.drop();
  }, [rows]);
  return { rows, again: () => setRun((before) => before + 1) };
}
