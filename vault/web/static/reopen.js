// A link of another site led here. Going on from this page makes it the explorer's own step, and keeps
// the fragment, which holds the link's token or the view.
location.replace("/?" + location.hash);
