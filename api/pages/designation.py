"""What designation goes by, as staff keep it: profiles in companies' words, and what counts."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Response
from starlette.datastructures import FormData

from api import auth
from api.auth import Caller
from api.pages.posted import PostedForm, text_in
from api.pages.rendering import PageRoute, Visit, VisitDep, institute_names, page, see
from infra.postgres import accounts, phrases
from infra.postgres.pool import transaction
from matching.designation import Weights
from schemas.actor import Role
from schemas.designation import DesignationFactor, PhraseSort
from schemas.problem import ProblemType, Refused

router = APIRouter(route_class=PageRoute, include_in_schema=False)

ProfileEditor = Annotated[Caller, Depends(auth.PROFILE_EDITORS)]
Coordinator = Annotated[Caller, Depends(auth.COORDINATORS)]
LONGEST_PHRASE: Final = 120
MOST_WEIGHT: Final = 2.0
_SHIPPED: Final = asdict(Weights())
_DONE: Final = ("added", "removed", "weighted")


@router.get("/designation")
async def designation_settings(
    visit: VisitDep, caller: ProfileEditor, institute: str = "", done: str = ""
) -> Response:
    """The profile of an institute and, for coordinators, how much each factor counts."""
    return await _page(visit, caller, institute, done=done)


async def _page(  # noqa: PLR0913  # what the page is made of
    visit: Visit,
    caller: Caller,
    institute: str,
    *,
    done: str = "",
    error: str = "",
    typed: str = "",
    weighed: Mapping[str, str] | None = None,
) -> Response:
    names = await institute_names(visit)
    shown = caller.actor.institute or (institute if institute in names else min(names))
    pool = visit.centre.pool
    rows = await phrases.in_force(pool, shown)
    people = {
        account_id: account.display_name
        for account_id in {row.changed_by for row in rows}
        if (account := await accounts.find(pool, account_id)) is not None
    }
    return await page(
        visit,
        "designation.html",
        caller=caller,
        status=422 if error else 200,
        names=names,
        shown=shown,
        may_choose=caller.actor.institute is None,
        rows={sort: [row for row in rows if row.sort == sort.value] for sort in PhraseSort},
        people=people,
        weights={**_SHIPPED, **await phrases.weights(pool), **(weighed or {})},
        shipped=_SHIPPED,
        may_weigh=caller.actor.role in auth.COORDINATORS.roles,
        done=done if done in _DONE else "",
        error=error,
        typed=typed,
        longest=LONGEST_PHRASE,
    )


@router.post("/designation/phrases")
async def add_phrase(visit: VisitDep, caller: ProfileEditor, posted: PostedForm) -> Response:
    """Add a phrase to a profile; every designation from then on knows it."""
    institute = await _institute_in(visit, caller, posted)
    phrase = " ".join((text_in(posted, "phrase") or "").split())
    sort = text_in(posted, "sort") or ""
    if "\0" in phrase or sort not in set(PhraseSort):
        raise Refused(ProblemType.INVALID_REQUEST, "Choose one of the listed values.")
    if not 0 < len(phrase) <= LONGEST_PHRASE:
        error = visit.words.text("Please write a phrase of at most 120 letters.")
        return await _page(visit, caller, institute, error=error, typed=phrase)
    async with transaction(visit.centre.pool) as db:
        await phrases.put(db, institute, sort, phrase, by=caller.actor.id, at=visit.centre.clock())
    return _back(institute, "added")


@router.post("/designation/phrases/remove")
async def remove_phrase(visit: VisitDep, caller: ProfileEditor, posted: PostedForm) -> Response:
    """Take a phrase out of a profile; a release does not bring it back."""
    institute = await _institute_in(visit, caller, posted)
    phrase = (text_in(posted, "phrase") or "").replace("\0", "")
    async with transaction(visit.centre.pool) as db:
        await phrases.remove(db, institute, phrase, by=caller.actor.id, at=visit.centre.clock())
    return _back(institute, "removed")


@router.post("/designation/weights")
async def set_weights(visit: VisitDep, caller: Coordinator, posted: PostedForm) -> Response:
    """Let factors count more or less from now on; 0 switches one off."""
    institute = await _institute_in(visit, caller, posted)
    given = {factor: _weight_in(posted, factor) for factor in DesignationFactor}
    wrong = [factor for factor, weight in given.items() if weight is None]
    if wrong:
        error = visit.words.text("Please give each factor a number from 0 to 2.")
        weighed = {factor.value: text_in(posted, factor.value) or "" for factor in given}
        return await _page(visit, caller, institute, error=error, weighed=weighed)
    kept = {**_SHIPPED, **await phrases.weights(visit.centre.pool)}
    async with transaction(visit.centre.pool) as db:
        for factor, weight in given.items():
            if weight is not None and weight != kept[factor.value]:
                await phrases.set_weight(
                    db, factor.value, weight, by=caller.actor.id, at=visit.centre.clock()
                )
    return _back(institute, "weighted")


async def _institute_in(visit: Visit, caller: Caller, posted: FormData) -> str:
    """The institute that a form is about: an institute's own head knows no other.

    Raises:
        Refused: `not-allowed` for another institute's profile, `invalid-request` for none.
    """
    institute = text_in(posted, "institute") or ""
    if institute not in await institute_names(visit):
        raise Refused(ProblemType.INVALID_REQUEST, "Choose one of the listed values.")
    if caller.actor.role is Role.DEPT_HEAD and institute != caller.actor.institute:
        raise Refused(ProblemType.NOT_ALLOWED, "This is the profile of another institute.")
    return institute


def _weight_in(posted: FormData, factor: DesignationFactor) -> float | None:
    """What was typed; None when it is no number within the bounds."""
    try:
        weight = float(text_in(posted, factor.value) or "")
    except ValueError:
        return None
    return weight if 0 <= weight <= MOST_WEIGHT else None


def _back(institute: str, done: str) -> Response:
    return see(f"/designation?{urlencode({'institute': institute, 'done': done})}")
