// Labels that this tab gives: shown at once, sent one after another, and kept until they are confirmed.
import { get, post, Refused } from "./api.js";

const EVERY_MS = 1_000;
const AGAIN_MS = 2_000;
const MOST_KEPT = 2_000;

/**
 * @typedef {{ example: string, name: string, label: string, value?: unknown, typed?: string, settles?: boolean }} Act
 * @typedef {Act & { number: number | null }} Given
 */

export class Labels {
  /**
   * @param {() => void} onChange
   * @param {(error: any) => void} onError
   */
  constructor(onChange, onError) {
    /** What the server last told: see `GET /api/changes`. */
    this.now = /** @type {any} */ (null);
    /** How many labels this tab gave. */
    this.count = 0;
    /** When this tab gave the last one, in milliseconds. */
    this.lastAt = 0;
    this._onChange = onChange;
    this._onError = onError;
    this._seen = 0;
    this._given = /** @type {Given[]} */ ([]);
    this._outbox = /** @type {(() => Promise<void>)[]} */ ([]);
    this._isSending = false;
    this._branch = "";
  }

  /** @param {string} branch where labels go */
  open(branch) {
    this._branch = branch;
    const look = async () => {
      if (document.visibilityState === "visible" && !this._isSending) await this._look();
      if (!this._isClosed) setTimeout(look, EVERY_MS);
    };
    this._isClosed = false;
    look();
    addEventListener("beforeunload", this._warn);
  }

  close() {
    this._isClosed = true;
    removeEventListener("beforeunload", this._warn);
  }

  /** How many labels are not confirmed yet. */
  get unsent() {
    return this._outbox.length;
  }

  /** Whether HEAD has gone to another branch, to which these labels do not belong. */
  get isElsewhere() {
    return this.now !== null && this.now.branch !== this._branch;
  }

  /** What became of labels that could not be recorded, in words; empty where all could. */
  get leftOut() {
    const { gone = 0, overtaken = 0 } = this.now ?? {};
    const told = [];
    if (gone > 0) told.push(`${gone.toLocaleString("en")} labels were for examples that left the stage before they were recorded.`);
    if (overtaken > 0) told.push(`${overtaken.toLocaleString("en")} labels were changed from elsewhere before they were recorded: those count.`);
    return told.join(" ");
  }

  /**
   * Gives labels. The promise is kept once they are confirmed, or refused.
   * @param {Act[]} acts
   */
  give(acts) {
    const given = acts.map((act) => ({ ...act, number: /** @type {number | null} */ (null) }));
    this._given.push(...given);
    this._given.splice(0, this._given.length - MOST_KEPT);
    this.count += acts.length;
    this.lastAt = Date.now();
    return this._send(async () => {
      const sent = acts.map(({ label: _, ...act }) => act);
      try {
        this._confirm(await post("/api/labels", { branch: this._branch, acts: sent }), given);
      } catch (error) {
        if (isLost(error)) throw error;
        this._given = this._given.filter((each) => !given.includes(each));
        this.count -= acts.length;
        throw error;
      }
    });
  }

  /**
   * Takes the last label back, or gives it again.
   * @param {"undo" | "redo"} which
   * @param {(example: string) => void} onStep gets the example
   */
  step(which, onStep) {
    return this._send(async () => {
      const answer = await post(`/api/labels/${which}`, { branch: this._branch });
      const [{ example, name, label, value }] = answer.steps;
      const given = { example, name, label, value, number: null };
      this._given.push(given);
      this._confirm(answer, [given]);
      onStep(example);
    });
  }

  /**
   * @param {string} example
   * @param {Record<string, unknown>} labels as the server told them
   * @param {number} upTo the number of the last label that is in them
   * @returns {Record<string, unknown>} with those that this tab gave since
   */
  over(example, labels, upTo) {
    let found = labels;
    for (const each of this._given) {
      if (each.example !== example || (each.number !== null && each.number <= upTo)) continue;
      const { [each.label]: _, ...others } = found;
      const value = each.typed ?? each.value ?? null;
      found = value === null ? others : { ...others, [each.label]: value };
    }
    return found;
  }

  /**
   * Whether labels have changed otherwise than by this tab since the last call.
   */
  takeNews() {
    const isNew = this.now !== null && this._news !== `${this.now.staged} ${this._seen}`;
    if (this.now !== null) this._news = `${this.now.staged} ${this._seen}`;
    return isNew;
  }

  /** Waits until everything is sent. */
  async sent() {
    while (this._outbox.length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /**
   * @param {any} answer
   * @param {Given[]} given
   */
  _confirm(answer, given) {
    given.forEach((each, at) => {
      each.number = answer.given - given.length + 1 + at;
    });
    this._seen = answer.given;
  }

  /** @param {() => Promise<void>} work */
  _send(work) {
    this._outbox.push(work);
    if (!this._isSending) this._run();
    this._onChange();
  }

  async _run() {
    this._isSending = true;
    while (this._outbox.length > 0) {
      try {
        await this._outbox[0]();
        this._outbox.shift();
        this._onError(null);
      } catch (error) {
        this._onError(error);
        if (isLost(error)) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
        else this._outbox.shift();
      }
      this._onChange();
    }
    this._isSending = false;
  }

  async _look() {
    try {
      const now = await get("/api/changes");
      this._seen = now.given;
      this.now = now;
      this._onChange();
    } catch (error) {
      if (/** @type {any} */ (error).status === 401) this._onError(error);
    }
  }

  _warn = (/** @type {BeforeUnloadEvent} */ event) => {
    if (this._outbox.length > 0) event.preventDefault();
  };
}

/** @param {unknown} error whether it is that the server did not answer: then it is asked again */
function isLost(error) {
  return error instanceof Refused && error.status === 0;
}
