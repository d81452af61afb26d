"""Selection rounds: competitions of a programme and period that cases apply to (domain 3.7)."""

from enum import StrEnum

from schemas.base import CaseNumber, Instant, Krw, RoundId, WireModel
from schemas.journal import JournalEntry
from schemas.record import Message
from schemas.sheet import SheetReference
from schemas.task import HumanTask


class RoundProgramme(StrEnum):
    """The programmes whose projects the centre selects itself; the long track's are others'."""

    SHORT_MONTHLY = "short_monthly"
    MEDIUM = "medium"


class RoundState(StrEnum):
    """Where a round stands.

    Attributes:
        OPEN: Applications are taken.
        PANEL: The list is closed and checked; reviewers score it.
        RANKED: Scored; the centre confirms ranking and budget.
        OBJECTION: Decided and told; who was not selected may object.
        FINAL: No objection any more; reserves wait for places that are given up.
        CLOSED: Over.
        EMPTY: Over, because nobody applied.
    """

    OPEN = "open"
    PANEL = "panel"
    RANKED = "ranked"
    OBJECTION = "objection"
    FINAL = "final"
    CLOSED = "closed"
    EMPTY = "empty"


class ApplicationState(StrEnum):
    """What became of an application."""

    APPLIED = "applied"
    INELIGIBLE = "ineligible"
    SELECTED = "selected"
    RESERVE = "reserve"
    NOT_SELECTED = "not_selected"
    WITHDRAWN = "withdrawn"
    GIVEN_UP = "given_up"


class Ineligibility(StrEnum):
    """Why an application is not scored, by rule.

    Attributes:
        DOUBLE_FUNDING: The company has joint R&D in another case, from its agreement on.
        APPLIED_ELSEWHERE: It has a place, or a hope of one, in another round.
        APPLIED_TWICE: An earlier application of this round is the company's too.
    """

    NO_BUDGET = "no_budget"
    BUDGET_OUTSIDE_PROGRAMME = "budget_outside_programme"
    DURATION_OUTSIDE_PROGRAMME = "duration_outside_programme"
    NO_PARTNER = "no_partner"
    DOUBLE_FUNDING = "double_funding"
    APPLIED_ELSEWHERE = "applied_elsewhere"
    APPLIED_TWICE = "applied_twice"


class PlannedRound(WireModel):
    """A round as the calendar of its programme has it.

    Attributes:
        period: `2026-12`; a number in test policies, whose rounds are seconds long.
        cutoff_at: Applications submitted by then take part.
    """

    round_id: RoundId
    programme: RoundProgramme
    period: str
    opens_at: Instant
    cutoff_at: Instant


class RoundIntake(WireModel):
    """What starts a round's workflow."""

    planned: PlannedRound
    policy_version: str


class RoundQuery(WireModel):
    """Asks for the earliest round of a programme whose cut-off is not before `at`."""

    programme: RoundProgramme
    at: Instant


class ApplicationRequest(WireModel):
    """A case applies.

    Attributes:
        submitted_at: When its institute handed the application in, by the clock of the API.
        round_id: The round that the institute was told; the earliest when it is too late for it.
        plan: Reference of the application's text.
        partners: References of what the consortium's partners do; medium R&D needs one (산학연).
    """

    case_number: CaseNumber
    programme: RoundProgramme
    policy_version: str
    submitted_at: Instant
    institute: str
    round_id: RoundId | None = None
    months: float | None = None
    budget_krw: Krw | None = None
    own_share_krw: Krw | None = None
    plan: str | None = None
    partners: str | None = None


class RoundDecision(WireModel):
    """What a round tells a case that applied to it.

    Attributes:
        rank: Place among those that passed, from 1.
        reason: A code: why not, such as `below_threshold`, `budget`, or an `Ineligibility`.
    """

    round_id: RoundId
    case_number: CaseNumber
    state: ApplicationState
    rank: int | None = None
    reason: str | None = None


class Standing(WireModel):
    """An application with its scores, as the ranking sees it.

    Attributes:
        scores: Totals from 0 to 100, one of each reviewer without a conflict of interest.
    """

    case_number: CaseNumber
    submitted_at: Instant
    budget_krw: Krw
    scores: tuple[int, ...] = ()


class Placed(WireModel):
    """An application in the ranking.

    Attributes:
        score: Mean of its scores; None where nobody could score it.
    """

    case_number: CaseNumber
    state: ApplicationState
    rank: int | None = None
    score: float | None = None
    reason: str | None = None


class Receipt(WireModel):
    """Which round took an application."""

    round_id: RoundId
    cutoff_at: Instant


class RoundClosing(WireModel):
    """Asks to close a round's list.

    Attributes:
        panel: How many reviewers are named at most.
    """

    round_id: RoundId
    policy_version: str
    at: Instant
    panel: int


class PanelRequest(WireModel):
    """Asks for reviewers in place of those who cannot review.

    Attributes:
        most: How many at most.
        asked: Account ids of those who were asked before.
    """

    at: Instant
    most: int
    asked: tuple[str, ...]


class Vacancy(WireModel):
    """Asks to let reserves move up.

    Attributes:
        budget_krw: What the round may grant in all.
        final: No place becomes free any more: reserves are let go.
    """

    round_id: RoundId
    budget_krw: Krw
    final: bool = False


class RoundCheck(WireModel):
    """A closed list: how many applications take part, and who reviews them.

    Attributes:
        panel: Account ids of the reviewers.
    """

    eligible: int
    ineligible: int
    panel: tuple[str, ...] = ()


class RankingRequest(WireModel):
    """Asks for the ranking of a round; asking again, with another budget, replaces it."""

    round_id: RoundId
    sheets: tuple[SheetReference, ...]
    budget_krw: Krw
    threshold: int
    fewest_scores: int


class RankingSummary(WireModel):
    """What a ranking came to.

    Attributes:
        few_scores: Those that too few reviewers could score, so that they are not selected.
        unscored: How many of them nobody could score.
    """

    selected: int = 0
    reserve: int = 0
    not_selected: int = 0
    few_scores: int = 0
    unscored: int = 0
    granted_krw: Krw = 0


class Place(WireModel):
    """A place in a round that a case has."""

    round_id: RoundId
    case_number: CaseNumber
    at: Instant


class RoundSnapshot(WireModel):
    """The round's state at one version, as the read model stores it.

    Attributes:
        decide_by: When the panel's scores are due.
        final_at: Until when who was not selected may object.
        places_until: Until when reserves may move up.
        next_due_at: The earliest due date of what is open.
    """

    round_id: RoundId
    version: int = 1
    programme: RoundProgramme
    period: str
    state: RoundState = RoundState.OPEN
    opens_at: Instant
    cutoff_at: Instant
    budget_krw: Krw = 0
    eligible: int = 0
    ineligible: int = 0
    panel: tuple[str, ...] = ()
    ranking: RankingSummary = RankingSummary()
    decide_by: Instant | None = None
    final_at: Instant | None = None
    places_until: Instant | None = None
    next_due_at: Instant | None = None
    policy_version: str = ""
    calendar_version: int = 0


class RoundWrite(WireModel):
    """One transition of a round as it is written."""

    at: Instant
    snapshot: RoundSnapshot
    tasks: tuple[HumanTask, ...] = ()
    journal: tuple[JournalEntry, ...] = ()
    messages: tuple[Message, ...] = ()


class RoundProjection(WireModel):
    """Everything the read model holds of a round, as its workflow knows it."""

    snapshot: RoundSnapshot
    tasks: tuple[HumanTask, ...] = ()
    journal: tuple[JournalEntry, ...] = ()
