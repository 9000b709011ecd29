// What the first view needs, asked for while the rest of the page is still being loaded.
import { askAhead, enter } from "./api.js";
import { PAGE, pathOf } from "./pages.js";
import { queryOf, viewInAddress } from "./state.js";

export const OVERVIEW = "/api/overview";

/** Settled once there is a session, or a reason why there is none. */
export const entered = enter().then(() => {
  const view = viewInAddress();
  askAhead(pathOf(queryOf(view), Math.floor(view.place / PAGE)));
  askAhead(OVERVIEW);
});
entered.catch(() => {}); // the page tells it
