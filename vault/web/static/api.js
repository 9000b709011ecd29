// Calls of the API. The session lives in this tab alone: a cookie would go to every other server on
// this machine.

const KEPT = "vault.session";

/** A number of the data that JavaScript would make another one of, such as 12345678901234567890. */
export class Exact {
  /** @param {string} text as it stands in the data */
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }

  toJSON() {
    return /** @type {any} */ (JSON).rawJSON(this.text);
  }
}

/**
 * Keeps numbers as they stand; browsers that do not tell how that is keep what they make of them.
 * @param {string} _
 * @param {any} value
 * @param {{ source?: string }} [context]
 */
function kept(_, value, context) {
  const source = typeof value === "number" ? context?.source : undefined;
  if (source === undefined || source === String(value)) return value;
  const isAnother = source.replace(/\D/g, "").length > 15 || !Number.isFinite(value);
  return isAnother ? new Exact(source) : value;
}

/**
 * @param {string} text
 * @returns {any} the value of a JSON text, undefined if it is none
 */
export function valueOf(text) {
  try {
    return JSON.parse(text, kept);
  } catch {
    return undefined;
  }
}

/** An answer that says why something cannot be done, as the command line does. */
export class Refused extends Error {
  /**
   * @param {string} message
   * @param {string | null} hint
   * @param {number} status
   * @param {string | null} code
   */
  constructor(message, hint, status, code = null) {
    super(message);
    this.hint = hint;
    this.status = status;
    this.code = code;
  }
}

/**
 * Opens a session by the token in the address, if there is one, and takes it out of the address.
 * @returns {Promise<void>}
 */
export async function enter() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token === null) return;
  history.replaceState(null, "", "/");
  const opened = await call("/api/session", { method: "POST", body: JSON.stringify({ token }) });
  sessionStorage.setItem(KEPT, opened.session);
}

/** Answers that were asked for before somebody wants them. */
const ahead = /** @type {Map<string, Promise<any>>} */ (new Map());

/** @param {string} path what will be asked for in a moment */
export function askAhead(path) {
  const answer = call(path, {});
  answer.catch(() => {}); // who asks for it is told
  ahead.set(path, answer);
}

/**
 * @param {string} path
 * @returns {Promise<any>}
 */
export function get(path) {
  const asked = ahead.get(path);
  ahead.delete(path);
  return asked ?? call(path, {});
}

/**
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<any>}
 */
export function post(path, body) {
  return call(path, { method: "POST", body: JSON.stringify(body) });
}

/**
 * @param {string} path
 * @returns {Promise<Blob>} bytes with the type that the server gives them
 */
export function getBytes(path) {
  return call(path, {}, (answer) => answer.blob());
}

/**
 * @param {string} path
 * @param {RequestInit} options
 * @param {(answer: Response) => Promise<any>} read
 * @returns {Promise<any>}
 */
async function call(path, options, read = readJson) {
  const session = sessionStorage.getItem(KEPT);
  /** @type {Record<string, string>} */
  const headers = session === null ? {} : { Authorization: `Bearer ${session}` };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers, cache: "no-store" });
  } catch {
    throw new Refused("The explorer does not answer.", "Is `vault ui` still running?", 0);
  }
  if (answer.ok) return read(answer);
  const told = await answer.text();
  try {
    const { error } = JSON.parse(told);
    throw new Refused(error.message, error.hint, answer.status, error.code);
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused(told.trim(), null, answer.status);
  }
}

/** @param {Response} answer */
async function readJson(answer) {
  return JSON.parse(await answer.text(), kept);
}
