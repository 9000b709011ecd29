// Changes of the stage that a page makes: one after another, and after the labels of this tab.
import { useEffect, useRef, useState } from "./vendor/hooks.js";
import { post } from "./api.js";

/**
 * @param {any} overview
 * @param {import("./labels.js").Labels} labels
 * @param {string} page what was refused on one page is not told on another
 */
export function useChanges(overview, labels, page) {
  const [refused, setRefused] = useState(/** @type {any} */ (null));
  const isBusy = useRef(false);
  useEffect(() => setRefused(null), [page]);
  const isOn = !overview.read_only && overview.branch !== null && !labels.isElsewhere;
  /** @returns {Promise<any>} what came of it, null where it was not done */
  const change = async (/** @type {"out" | "back"} */ which, /** @type {object} */ what) => {
    if (!isOn || isBusy.current) return null;
    isBusy.current = true;
    setRefused(null);
    try {
      await labels.sent();
      return await post(`/api/gone/${which}`, { branch: overview.branch, ...what });
    } catch (error) {
      setRefused(error);
      return null;
    } finally {
      isBusy.current = false;
    }
  };
  return { isOn, change, refused };
}
