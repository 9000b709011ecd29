// What shows the same on the command line.

/**
 * @param {import("./state.js").View} view
 * @param {{ revision: string, where: string[], filters: string[] }} overview
 * @returns {string[]} the commands that show the same, and that write it to a file
 */
export function commandsOf(view, { revision, where, filters }) {
  const quoted = (/** @type {string} */ text) => "'" + text.replaceAll("'", `'"'"'`) + "'";
  const named = filters.map((each) => ` --filter ${quoted(each)}`);
  const words = [...named, ...[...where, ...view.where].map((each) => ` --where ${quoted(each)}`)].join("");
  const version = revision === "STAGE" ? "" : " " + quoted(revision);
  if (view.queue !== "") return [`vault label --queue ${quoted(view.queue)}${words}`];
  // The command line looks for a text or for expressions, not for both at once.
  if (view.text !== "" && words === "") return [`vault grep -i ${quoted(view.text)}${version}`];
  const shown = words === "" ? `vault head${version}` : `vault query${words}${version}`;
  return view.text !== "" ? [shown] : [shown, `vault export ${quoted(revision)}${words} -o subset.jsonl`];
}
