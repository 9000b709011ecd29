// Labels that this tab gives: shown at once, sent in their order, and kept until the server confirms or refuses them.
import { get, post, Refused } from "./api.js";

const EVERY_MS = 1_000;
const AGAIN_MS = 2_000;
const MOST_KEPT = 2_000;
const MOST_TOGETHER = 500;

/**
 * @typedef {{ example: string, name: string, label: string, value?: unknown, typed?: string, settles?: boolean }} Act
 * @typedef {Act & { number: number | null }} Given
 * @typedef {{ given: Given[], isAlone: boolean, which?: "undo" | "redo", onStep?: (example: string) => void }} Waiting
 *   `given` is empty for a step; `isAlone` where it was refused together with others
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
    /** Labels that the server refused, with why, until the person has read of them. */
    this.refused = /** @type {{ told: string, message: string, hint: string | null }[]} */ ([]);
    /** What a screen reader is told, and how often that was. */
    this.said = { text: "", number: 0 };
    /** When this tab gave the last one, in milliseconds. */
    this.lastAt = 0;
    this._onChange = onChange;
    this._onError = onError;
    this._seen = 0;
    this._given = /** @type {Given[]} */ ([]);
    this._outbox = /** @type {Waiting[]} */ ([]);
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
    return this._outbox.reduce((sum, { given }) => sum + Math.max(given.length, 1), 0);
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
   * Gives labels, all of them or none.
   * @param {Act[]} acts
   */
  give(acts) {
    const given = acts.map((act) => ({ ...act, number: /** @type {number | null} */ (null) }));
    this._given.push(...given);
    this._given.splice(0, this._given.length - MOST_KEPT);
    this.count += acts.length;
    this.lastAt = Date.now();
    this._send({ given, isAlone: false });
  }

  /**
   * Takes the last label back, or gives it again.
   * @param {"undo" | "redo"} which
   * @param {(example: string) => void} onStep gets the example
   */
  step(which, onStep) {
    this._send({ given: [], isAlone: true, which, onStep });
  }

  /** @param {string} text what a screen reader is told */
  say(text) {
    this.said = { text, number: this.said.number + 1 };
    this._onChange();
  }

  /** Ends that the refused labels are told of. */
  forgetRefused() {
    this.refused = [];
    this._onChange();
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

  /** @param {Waiting} waiting */
  _send(waiting) {
    this._outbox.push(waiting);
    if (!this._isSending) this._run();
    this._onChange();
  }

  async _run() {
    this._isSending = true;
    while (this._outbox.length > 0) {
      const now = this._together();
      try {
        await (now[0].which === undefined ? this._give(now) : this._step(now[0]));
        this._outbox.splice(0, now.length);
        this._onError(null);
      } catch (error) {
        // Only the wrong one of several is to be refused.
        if (isRefusal(error) && now.length > 1) for (const each of now) each.isAlone = true;
        else if (isRefusal(error)) this._refuse(error);
        else {
          this._onError(error);
          await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
        }
      }
      this._onChange();
    }
    this._isSending = false;
  }

  /** @returns {Waiting[]} what is sent next in one request */
  _together() {
    let end = 1;
    let size = this._outbox[0].given.length;
    for (; !this._outbox[0].isAlone && end < this._outbox.length && !this._outbox[end].isAlone; end += 1) {
      size += this._outbox[end].given.length;
      if (size > MOST_TOGETHER) break;
    }
    return this._outbox.slice(0, end);
  }

  /** @param {Waiting[]} waiting */
  async _give(waiting) {
    const given = waiting.flatMap((each) => each.given);
    const acts = given.map(({ label: _, number: __, ...act }) => act);
    this._confirm(await post("/api/labels", { branch: this._branch, acts }), given);
    this.say(`${told(given[given.length - 1])}, saved`);
  }

  /** @param {Waiting} waiting */
  async _step({ which, onStep }) {
    const answer = await post(`/api/labels/${which}`, { branch: this._branch });
    const [{ example, name, label, value, before }] = answer.steps;
    const given = { example, name, label, value, number: null };
    this._given.push(given);
    this._confirm(answer, [given]);
    this.say(which === "undo" ? `taken back: ${told({ name, value: before })}` : `given again: ${told(given)}`);
    onStep?.(example);
  }

  /**
   * Takes what was sent last off: the server will never have it.
   * @param {Refused} error
   */
  _refuse(error) {
    const { given, which } = /** @type {Waiting} */ (this._outbox.shift());
    if (which !== undefined) return this._onError(error);
    this._given = this._given.filter((each) => !given.includes(each));
    this.count -= given.length;
    for (const each of given) this.refused.push({ told: `${told(each)} of ${each.example.slice(0, 12)}`, message: error.message, hint: error.hint });
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

/**
 * @param {unknown} error
 * @returns {error is Refused} whether the server has decided; else it is asked again, also by a session that ended
 */
function isRefusal(error) {
  return error instanceof Refused && error.status !== 0 && error.status !== 401;
}

/** @param {{ name: string, typed?: string, value?: unknown }} act */
function told({ name, typed, value }) {
  return `${name} ${typed ?? value ?? "none"}`;
}
