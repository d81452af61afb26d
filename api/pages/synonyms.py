"""The list of synonyms, as staff maintain it: what companies say beside what documents say."""

import re
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response
from starlette.datastructures import FormData

from api import auth
from api.auth import Caller
from api.pages.posted import PostedForm, text_in
from api.pages.rendering import PageRoute, Visit, VisitDep, page, see
from infra.postgres import accounts, synonyms
from infra.postgres.pool import transaction
from schemas.problem import ProblemType, Refused

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Editor = Annotated[Caller, Depends(auth.SYNONYM_EDITORS)]
MOST_LETTERS: Final = 60
_DONE: Final = ("added", "changed", "removed", "there", "gone")


@router.get("/synonyms")
async def synonym_list(
    visit: VisitDep,
    caller: Editor,
    q: Annotated[str, Query(max_length=MOST_LETTERS)] = "",
    number: Annotated[int, Query(alias="page", ge=1, le=1000)] = 1,
    done: str = "",
) -> Response:
    """Pairs of words, found by either of them, with the last changes."""
    return await _page(visit, caller, q=q.replace("\0", ""), number=number, done=done)


async def _page(  # noqa: PLR0913  # what the page is made of
    visit: Visit,
    caller: Caller,
    *,
    q: str = "",
    number: int = 1,
    done: str = "",
    error: str = "",
    typed: tuple[str, str] = ("", ""),
    changing: int | None = None,
) -> Response:
    pool = visit.centre.pool
    pairs, total = await synonyms.page(pool, q.strip(), (number - 1) * synonyms.PAGE)
    changes = await synonyms.history(pool)
    people = {
        account_id: account.display_name
        for account_id in {change.actor for change in changes}
        if (account := await accounts.find(pool, account_id)) is not None
    }
    return await page(
        visit,
        "synonyms.html",
        caller=caller,
        status=422 if error else 200,
        q=q,
        pairs=pairs,
        total=total,
        number=number,
        goes_on=number * synonyms.PAGE < total,
        changes=changes,
        people=people,
        done=done if done in _DONE else "",
        error=error,
        typed=typed if changing is None else ("", ""),
        changing=changing,
        changed=typed,
        most=MOST_LETTERS,
    )


@router.post("/synonyms")
async def add_synonym(visit: VisitDep, caller: Editor, posted: PostedForm) -> Response:
    """Add a pair; every search and designation from then on knows it."""
    word, other = _words_in(posted)
    if error := _wrong_with(visit, word, other):
        return await _page(visit, caller, error=error, typed=(word, other))
    async with transaction(visit.centre.pool) as db:
        added = await synonyms.add(db, word, other, actor=caller.actor.id, at=visit.centre.clock())
    return _back(posted, "added" if added else "there")


@router.post("/synonyms/{synonym_id}/change")
async def change_synonym(
    synonym_id: int, visit: VisitDep, caller: Editor, posted: PostedForm
) -> Response:
    """Put other words in a pair's place."""
    word, other = _words_in(posted)
    if error := _wrong_with(visit, word, other):
        return await _page(
            visit,
            caller,
            q=_query_in(posted),
            number=_page_in(posted),
            error=error,
            typed=(word, other),
            changing=synonym_id,
        )
    async with transaction(visit.centre.pool) as db:
        changed = await synonyms.change(
            db, synonym_id, word, other, actor=caller.actor.id, at=visit.centre.clock()
        )
    return _back(posted, "gone" if changed is None else "changed" if changed else "there")


@router.post("/synonyms/{synonym_id}/remove")
async def remove_synonym(
    synonym_id: int, visit: VisitDep, caller: Editor, posted: PostedForm
) -> Response:
    """Take a pair out of the list."""
    async with transaction(visit.centre.pool) as db:
        removed = await synonyms.remove(
            db, synonym_id, actor=caller.actor.id, at=visit.centre.clock()
        )
    return _back(posted, "removed" if removed else "gone")


def _query_in(posted: FormData) -> str:
    return (text_in(posted, "q") or "").replace("\0", "")[:MOST_LETTERS]


def _page_in(posted: FormData) -> int:
    number = text_in(posted, "page") or ""
    return int(number) if re.fullmatch(r"[1-9][0-9]{0,2}", number) else 1


def _words_in(posted: FormData) -> tuple[str, str]:
    first, second = (" ".join((text_in(posted, name) or "").split()) for name in ("word", "other"))
    return first, second


def _wrong_with(visit: Visit, word: str, other: str) -> str:
    """What is wrong with a pair, in the reader's language; empty when nothing is."""
    if "\0" in word + other:
        raise Refused(ProblemType.INVALID_REQUEST, "Choose one of the listed values.")
    if not word or not other:
        return visit.words.text("Please give both words.")
    if word == other:
        return visit.words.text("These are the same word.")
    if max(len(word), len(other)) > MOST_LETTERS:
        return visit.words.text("Each may have at most 60 letters.")
    return ""


def _back(posted: FormData, done: str) -> Response:
    query = {"q": _query_in(posted), "done": done}
    return see(f"/synonyms?{urlencode({name: value for name, value in query.items() if value})}")
