"""How a page comes into being: templates, the reader's language, and failures as pages."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias
from urllib.parse import urlencode

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.routing import Match

from api import auth, problems
from api.auth import Access, Caller
from api.centre import Centre, centre_of
from api.pages.forms import title_of
from api.pages.languages import LANGUAGE_COOKIE, WORDS, Language, Words, language_of
from infra.postgres import policies, reference
from schemas.actor import Role

PAGES_DIR: Final = Path(__file__).parents[1]
_YEAR_SECONDS: Final = 365 * 24 * 3600


# Everything is escaped, and an unknown name in a template is a defect.
TEMPLATES: Final = Environment(
    loader=FileSystemLoader(PAGES_DIR / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Link:
    """A way through the console, for the roles that it is of use to."""

    label: str
    path: str
    access: Access


CONSOLE: Final = (
    Link("My work", "/worklist", auth.TASK_STAFF),
    Link("Cases", "/staff/cases", auth.CASE_STAFF),
    Link("Selection rounds", "/rounds", auth.ROUND_READERS),
    Link("Key in a call", "/calls/new", auth.DESK),
    Link("Open databases", "/databases", auth.ANY_STAFF),
    Link("Synonyms", "/synonyms", auth.SYNONYM_EDITORS),
    Link("What designation goes by", "/designation", auth.PROFILE_EDITORS),
    Link("Figures", "/figures", auth.ANY_STAFF),
    Link("Operations", "/operations", auth.staff(Role.OPERATOR)),
    Link("Mailbox", "/mailbox", auth.staff(Role.OPERATOR)),
)


def console_of(caller: Caller) -> list[Link]:
    """The ways that `caller` has."""
    return [link for link in CONSOLE if caller.actor.role in link.access.roles]


@dataclass(frozen=True)
class Visit:
    """One request for a page: where it was made, and the language it is answered in."""

    request: Request
    centre: Centre
    words: Words


def visit_of(request: Request) -> Visit:
    """The visit that a request is."""
    return Visit(request, centre_of(request), WORDS[language_of(request)])


VisitDep: TypeAlias = Annotated[Visit, Depends(visit_of)]


async def institute_names(visit: Visit) -> dict[str, str]:
    """Names of the institutes in the reader's language, by code."""
    rows = await reference.institutes(
        visit.centre.pool, visit.centre.korean_day(visit.centre.clock())
    )
    english = visit.words.language is Language.ENGLISH
    return {row.code: row.name_en if english else row.name_ko for row in rows}


async def page(
    visit: Visit,
    template: str,
    *,
    caller: Caller | None = None,
    status: int = 200,
    **values: Any,  # noqa: ANN401  # what a template shows
) -> Response:
    """A page in the reader's language, with what every page shows."""
    return _render(
        visit.request,
        template,
        status,
        {"caller": caller, "test_policy": await _is_test(visit.centre), **values},
    )


def see(path: str) -> Response:
    """Answer a form by leading on to a page, so that reloading does not send it again."""
    return RedirectResponse(path, 303)


class PageRoute(APIRoute):
    """A route whose refusals are pages too, and lead to where one can sign in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with failures answered as pages."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except Exception as error:  # noqa: BLE001  # problem_of logs what is a defect
                return failed(request, problems.problem_of(request, error))

        return answered


def failed(request: Request, problem: Mapping[str, Any]) -> Response:
    """The page of a problem; whoever is not signed in is led to where they can be."""
    if problem["status"] == 401:  # noqa: PLR2004  # HTTP
        return see(_way_in(request))
    answer = _render(
        request,
        "problem.html",
        problem["status"],
        {
            "caller": None,
            "test_policy": False,
            "problem": problem,
            "title": title_of(problem, WORDS[language_of(request)]),
        },
    )
    if problem["status"] == 503:  # noqa: PLR2004  # HTTP
        answer.headers["Retry-After"] = str(problems.RETRY_AFTER_SECONDS)
    return answer


async def unrouted(request: Request, error: Exception) -> Response:
    """Answer a request that no route took."""
    return as_reader_wants(request, problems.problem_of(request, error))


def as_reader_wants(request: Request, problem: Mapping[str, Any]) -> Response:
    """Answer with a page to a browser, else with the problem document."""
    wants_page = "text/html" in request.headers.get("accept", "")
    if wants_page and not request.url.path.startswith("/api/"):
        return failed(request, problem)
    return problems.answer(request, problem)


def _way_in(request: Request) -> str:
    if request.url.path.startswith("/cases/"):
        return f"/track?{urlencode({'case': request.url.path.split('/')[2]})}"
    wanted = request.url.path if request.method == "GET" else "/worklist"
    return f"/sign-in?{urlencode({'next': wanted})}"


def _render(
    request: Request, template: str, status: int, values: Mapping[str, object]
) -> HTMLResponse:
    language = language_of(request)
    words = WORDS[language]
    body = TEMPLATES.get_template(template).render(
        _=words.text,
        words=words,
        language=language,
        console_of=console_of,
        path=request.url.path,
        switch=partial(_with_query, request),
        **values,
    )
    answer = HTMLResponse(body, status)
    answer.headers["Content-Language"] = language.value
    if request.query_params.get("lang") == language.value:
        answer.set_cookie(
            LANGUAGE_COOKIE, language.value, max_age=_YEAR_SECONDS, httponly=True, samesite="lax"
        )
    return answer


def _with_query(request: Request, **changes: object) -> str:
    """This page's address with some of its query changed; empty values are left out."""
    query = {**request.query_params, **changes}
    path = _page_of(request)
    return f"{path}?{urlencode({name: value for name, value in query.items() if value})}"


def _page_of(request: Request) -> str:
    """The page a reader is on: for an answer to a form, the nearest one above where it was sent."""
    path = request.url.path
    if request.method == "GET":
        return path
    while path != "/" and not _is_page(request, path):
        path = path.rpartition("/")[0] or "/"
    return path


def _is_page(request: Request, path: str) -> bool:
    asked = {**request.scope, "method": "GET", "path": path}
    return any(route.matches(asked)[0] is Match.FULL for route in request.app.routes)


_known_tests: dict[str, bool] = {}


async def _is_test(centre: Centre) -> bool:
    """Whether new cases get a test policy; a version never changes, so it is read once."""
    version = await policies.current_policy_version(centre.pool)
    if version not in _known_tests:
        _known_tests[version] = (await policies.get_policy(centre.pool, version)).is_test
    return _known_tests[version]
