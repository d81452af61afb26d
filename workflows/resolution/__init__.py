"""Step 3: one procedure per route; the diagnosis chooses the first, each may lead to another."""

from collections.abc import Awaitable, Callable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schemas.case import RESOLVED, Branch, CaseOutcome, Route, Service

from workflows import activity_stubs
from workflows.case_file import CaseFile
from workflows.designation import designate
from workflows.first_contact import make_contact
from workflows.proceeding import Ended
from workflows.resolution.by_hand import handle_by_hand
from workflows.resolution.equipment import lend
from workflows.resolution.fast_lane import fast_lane
from workflows.resolution.guidance import guide
from workflows.resolution.long import long_track
from workflows.resolution.research import research
from workflows.resolution.rounds import medium_track, monthly_round
from workflows.resolution.technology_held import technology_held

PROCEDURES: dict[Route, Callable[[CaseFile], Awaitable[CaseOutcome | Route]]] = {
    Route.TECH_HELD: technology_held,
    Route.RESEARCH: research,
    Route.SHORT_FAST: fast_lane,
    Route.SHORT_MONTHLY: monthly_round,
    Route.MEDIUM: medium_track,
    Route.LONG: long_track,
    Route.GUIDANCE: guide,
    Route.EQUIPMENT: lend,
}
_BRANCHES = {Branch.TECH_HELD: Route.TECH_HELD, Branch.ADDITIONAL_RD: Route.RESEARCH}
# Cases that came to these before there was a procedure wait for somebody who does it by hand.
_ADDED = frozenset({Route.SHORT_MONTHLY, Route.MEDIUM, Route.LONG, Route.GUIDANCE, Route.EQUIPMENT})


async def resolve(case: CaseFile) -> CaseOutcome:
    """Follow the route of the case's service and branch, and wherever it leads (R035).

    A second service that the company asked for follows in the same case, whatever became of the
    first (U23).

    Raises:
        Ended: The service ended early; or both did what they could, and one at least in vain.
    """
    further = case.snapshot.further_service
    if further is None:
        return await _follow_from(case, _first_route(case))
    # An institute that gives the case back in the second service does not bring the first again.
    first = case.first_service
    if first is None:
        first = await _end_of(case, _follow_from(case, _first_route(case)))
        case.note("case:service:next", service=further.value, outcome=first.outcome.value)
        if not workflow.patched("both-services-count"):
            # A case that is in its second service already ends as that one does, if it ends early.
            second = Ended(await _follow_from(case, Route(further.value)))
            return _taken_together(first, second).outcome
        case.first_service = first
        case.void_promises()
    second = await _end_of(case, _follow_with_an_institute(case, Route(further.value)))
    raise _taken_together(first, second)


async def _end_of(case: CaseFile, service: Awaitable[CaseOutcome]) -> Ended:
    """How one of two services ended; what ends the whole case is let through."""
    try:
        return Ended(await service)
    except Ended as ended:
        if case.is_ending:
            raise
        return ended


async def _follow_with_an_institute(case: CaseFile, route: Route) -> CaseOutcome:
    """Follow a route; a service before it may have ended while no institute had the case."""
    if not case.snapshot.is_led:
        await designate(case)
        await make_contact(case)
    return await _follow_from(case, route)


async def _follow_from(case: CaseFile, route: Route) -> CaseOutcome:
    ended: CaseOutcome | Route = route
    while isinstance(ended, Route):
        ended = await _follow(case, ended)
    return ended


def _taken_together(first: Ended, second: Ended) -> Ended:
    """What two services came to: resolved when both were, in part when one was.

    Of one that was not resolved the company learns why.
    """
    both = {first.outcome, second.outcome}
    if both <= RESOLVED:
        return first
    if not both & {*RESOLVED, CaseOutcome.PARTIAL}:
        return first
    told = second if first.outcome in RESOLVED else first
    return Ended(CaseOutcome.PARTIAL, told.reason, told.document)


def _first_route(case: CaseFile) -> Route:
    service, branch = case.snapshot.service, case.snapshot.branch
    match service:
        case Service.DIFFICULTY if branch is not None:
            return _BRANCHES[branch]
        case Service.GUIDANCE | Service.EQUIPMENT | Service.EXCHANGE | Service.TRANSFER:
            return Route(service.value)
        case _:
            return Route.INFORMATION


async def _follow(case: CaseFile, route: Route) -> CaseOutcome | Route:
    procedure = PROCEDURES.get(route)
    if procedure is None:
        return await handle_by_hand(case, route.value)
    if route in _ADDED:
        if not workflow.patched(f"procedure-{route.value}"):
            return await handle_by_hand(case, route.value)
        # The version that the case pinned may be older than what the procedure asks for.
        case.policy = await activity_stubs.pin_policy(case.intake.policy_version)
    return await procedure(case)
