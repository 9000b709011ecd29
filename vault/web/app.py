"""The application: every route that there is, behind the guard."""

from __future__ import annotations

from collections.abc import Collection

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route, Router

from vault.web.assets import PAGE, REOPEN, STATIC, assets, edition
from vault.web.comparing import Comparing
from vault.web.editing import Editing
from vault.web.explorer import Explorer
from vault.web.grouping import Grouping
from vault.web.guard import Guard
from vault.web.labelling import Labelling
from vault.web.removing import Removing
from vault.web.replies import counting, reading, reply, trying, writing
from vault.web.sessions import Sessions

NO_STORE = "no-store"
FOR_EVER = "private, max-age=31536000, immutable"


def explorer_app(explorer: Explorer, sessions: Sessions, names: Collection[str] = ()) -> Guard:
    """Return the application that shows a repository to whoever has a session.

    `names` are host names to answer by, beside those of the loopback.
    """
    routes = Router(routes_of(explorer, sessions), redirect_slashes=False, default=_not_found)
    reopen = HTMLResponse(assets()[REOPEN].data, headers={"cache-control": NO_STORE})
    return Guard(routes, sessions, reopen, names)


def routes_of(explorer: Explorer, sessions: Sessions) -> list[Route]:
    """Return every route, with its methods: the one list of them."""

    async def open_session(request: Request) -> Response:
        try:
            asked = await request.json()
        except (ValueError, RecursionError):  # also a number of too many digits
            asked = None
        token = asked.get("token") if isinstance(asked, dict) else None
        session = sessions.open(token) if isinstance(token, str) else None
        if session is None:
            told = "This link was used already, or is of an explorer that has stopped."
            return reply({"error": {"message": told, "code": "link-used", "hint": None}}, 401)
        return reply({"session": session.secret, "person": session.person})

    return [
        Route("/", _page, methods=["GET"]),
        Route(STATIC + "{name:path}", _static, methods=["GET"]),
        Route("/api/session", open_session, methods=["POST"]),
        *_routes_of_data(explorer),
    ]


def _routes_of_data(explorer: Explorer) -> list[Route]:
    """Return the routes that need a session."""
    labelling, editing = Labelling(explorer), Editing(explorer)
    comparing = Comparing(explorer)
    removing = Removing(explorer)
    grouping = Grouping(explorer)
    return [
        Route("/api/overview", reading(explorer.overview), methods=["GET"]),
        Route("/api/stats", counting(explorer.stats), methods=["GET"]),
        Route("/api/examples", reading(explorer.examples), methods=["GET"]),
        Route("/api/example", reading(explorer.example), methods=["GET"]),
        Route("/api/revisions", reading(comparing.revisions), methods=["GET"]),
        Route("/api/compare", reading(comparing.changes), methods=["GET"]),
        Route("/api/compare/change", reading(comparing.change), methods=["GET"]),
        Route("/api/gone", reading(removing.gone), methods=["GET"]),
        Route("/api/gone/item", reading(removing.item), methods=["GET"]),
        Route("/api/gone/back", writing(removing.bring_back), methods=["POST"]),
        Route("/api/gone/out", writing(removing.take_out), methods=["POST"]),
        Route("/api/clusters", reading(grouping.clusters), methods=["GET"]),
        Route("/api/clusters/one", reading(grouping.cluster), methods=["GET"]),
        Route("/api/answers", reading(grouping.prompts), methods=["GET"]),
        Route("/api/answers/one", reading(grouping.answers), methods=["GET"]),
        Route("/api/answers/place", reading(grouping.place), methods=["GET"]),
        Route("/api/changes", reading(labelling.changes), methods=["GET"]),
        Route("/api/labels", reading(labelling.labels), methods=["GET"]),
        Route("/api/labels", writing(labelling.give), methods=["POST"]),
        Route("/api/labels/undo", writing(labelling.undo), methods=["POST"]),
        Route("/api/labels/redo", writing(labelling.redo), methods=["POST"]),
        Route("/api/labels/count", trying(labelling.count), methods=["POST"]),
        Route("/api/record", reading(editing.record), methods=["GET"]),
        Route("/api/edit/try", trying(editing.try_out), methods=["POST"]),
        Route("/api/edit", writing(editing.save), methods=["POST"]),
        Route("/api/labels/all", writing(labelling.give_all), methods=["POST"]),
        Route("/api/targets", reading(explorer.pane.targets), methods=["GET"]),
        Route("/api/trainer", reading(explorer.pane.trainer), methods=["GET"]),
        Route("/api/findings", reading(explorer.pane.findings), methods=["GET"]),
        Route("/api/system", counting(explorer.pane.system), methods=["GET"]),
        Route("/api/picture", reading(explorer.pane.picture), methods=["GET"]),
    ]


async def _page(request: Request) -> Response:
    return _file(request, PAGE)


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    named = name.removeprefix(f"{edition()}/")
    return _file(request, named, is_for_ever=named != name)


def _file(request: Request, name: str, *, is_for_ever: bool = False) -> Response:
    asset = assets().get(name)
    if asset is None:
        return PlainTextResponse("there is nothing here\n", 404)
    # Other addresses are asked each time, since another version may run there tomorrow; a page that
    # a browser restored would name files that are no more.
    is_page = name.endswith(".html")
    caching = NO_STORE if is_page else FOR_EVER if is_for_ever else "no-cache"
    headers = {"etag": asset.tag, "cache-control": caching, "vary": "accept-encoding"}
    if request.headers.get("if-none-match") == asset.tag:
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(asset.data, headers=headers, media_type=asset.media_type)
    headers["content-encoding"] = "gzip"
    return Response(asset.compressed, headers=headers, media_type=asset.media_type)


async def _not_found(scope: object, receive: object, send: object) -> None:
    response = PlainTextResponse("there is nothing here\n", 404)
    await response(scope, receive, send)  # type: ignore[arg-type]
