"""The case: how it comes in, where it stands, how it ends."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from schemas.actor import Actor
from schemas.base import CaseNumber, Instant, Krw, RoundId, WireModel
from schemas.policy import Deadline


class Service(StrEnum):
    """What the company asks for (design 2)."""

    DIFFICULTY = "difficulty"
    GUIDANCE = "guidance"
    EQUIPMENT = "equipment"
    EXCHANGE = "exchange"
    INFORMATION = "information"
    TRANSFER = "transfer"
    ENQUIRY = "enquiry"


class CaseStatus(StrEnum):
    """Where a case stands, as the company sees it."""

    RECEIVED = "received"
    SCREENING = "screening"
    SUPPLEMENT = "supplement"
    REFERRED_OUT = "referred_out"
    TRIAGE = "triage"
    MATCHING = "matching"
    ASSIGNING = "assigning"
    NO_MATCH = "no_match"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    UNREACHABLE = "unreachable"
    IN_SERVICE = "in_service"
    RESULT_CONFIRM = "result_confirm"
    SURVEY = "survey"
    CLOSED = "closed"


class CaseStep(StrEnum):
    """The step inside `in_service`; empty elsewhere."""

    NONE = ""
    TECH_CONFIRM = "tech_confirm"
    TECH_PROPOSAL = "tech_proposal"
    TECH_CHOICE = "tech_choice"
    TECH_DELIVERY = "tech_delivery"
    RD_SCOPING = "rd_scoping"
    RD_TRACK = "rd_track"
    AGREEMENT = "agreement"
    AGREEMENT_LATE = "agreement_late"
    ROUND_APPLICATION = "round_application"
    ROUND_DECISION = "round_decision"
    CALL_SEARCH = "call_search"
    CALL_OPEN = "call_open"
    CALL_DECISION = "call_decision"
    NEXT_CHOICE = "next_choice"
    RD_ACTIVE = "rd_active"
    RD_OVERRUN = "rd_overrun"
    RD_RESULT = "rd_result"
    GUIDANCE_ADVISER = "guidance_adviser"
    GUIDANCE_SESSION = "guidance_session"
    GUIDANCE_REPORT = "guidance_report"
    EQUIPMENT_CHECK = "equipment_check"
    EQUIPMENT_TERMS = "equipment_terms"
    EQUIPMENT_BOOKED = "equipment_booked"
    EQUIPMENT_REPORT = "equipment_report"
    BY_HAND = "by_hand"


class Branch(StrEnum):
    """The two branches of difficulty resolution (R035)."""

    TECH_HELD = "tech_held"
    ADDITIONAL_RD = "additional_rd"


class Route(StrEnum):
    """The procedure that a case follows in step 3; it may move from one to another (U09-U11)."""

    TECH_HELD = "tech_held"
    RESEARCH = "research"
    SHORT_FAST = "short_fast"
    SHORT_MONTHLY = "short_monthly"
    MEDIUM = "medium"
    LONG = "long"
    GUIDANCE = "guidance"
    EQUIPMENT = "equipment"
    EXCHANGE = "exchange"
    INFORMATION = "information"
    TRANSFER = "transfer"


class Urgency(StrEnum):
    """The table row 시급성 (R047-R049)."""

    URGENT_FIELD = "urgent_field"
    URGENT_NOT_SHORT = "urgent_not_short"
    NEW_PRODUCT = "new_product"
    NONE = "none"


class Track(StrEnum):
    """The three tracks of additional R&D (R041)."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


class TrackFlag(StrEnum):
    """What staff must see beside a proposed track."""

    SHORT_TEXT_3M_EXCEEDED_TABLE_4M_OK = "SHORT_TEXT_3M_EXCEEDED_TABLE_4M_OK"
    SHORT_DURATION_BUDGET_GT_30M = "SHORT_DURATION_BUDGET_GT_30M"
    OVERLAP_GE_100M_LT_12M = "OVERLAP_GE_100M_LT_12M"
    GAP_4M_12M_LE_30M = "GAP_4M_12M_LE_30M"
    GAP_GE_12M_LT_100M = "GAP_GE_12M_LT_100M"
    BOUNDARY_12M = "BOUNDARY_12M"
    DURATION_UNKNOWN = "DURATION_UNKNOWN"
    BUDGET_UNKNOWN = "BUDGET_UNKNOWN"
    DURATION_AND_BUDGET_UNKNOWN = "DURATION_AND_BUDGET_UNKNOWN"
    URGENCY_MISMATCH = "URGENCY_MISMATCH"


class TrackProposal(WireModel):
    """What the track grid says; a human confirms it.

    Attributes:
        text_class: By the release's body text, from the duration alone; two classes at exactly
            12 months, none when the duration is unknown.
        track: By the table; None where no track fits.
        candidates: Every track a human may choose, the proposed one first.
    """

    text_class: tuple[Track, ...] = ()
    track: Track | None = None
    candidates: tuple[Track, ...] = ()
    flags: tuple[TrackFlag, ...] = ()


class CaseOutcome(StrEnum):
    """How a case ended."""

    ANSWERED_AT_DESK = "answered_at_desk"
    RESOLVED_TECH_HELD = "resolved_tech_held"
    RESOLVED_EQUIPMENT = "resolved_equipment"
    RESOLVED_GUIDANCE = "resolved_guidance"
    RESOLVED_INFO = "resolved_info"
    RESOLVED_RD_SHORT = "resolved_rd_short"
    RESOLVED_RD_MEDIUM = "resolved_rd_medium"
    RESOLVED_RD_LONG = "resolved_rd_long"
    PARTIAL = "partial"
    RD_FAILED = "rd_failed"
    RD_STOPPED = "rd_stopped"
    NOT_SOLVED = "not_solved"
    AGREEMENT_FAILED = "agreement_failed"
    NOT_SELECTED_FINAL = "not_selected_final"
    NOT_APPLIED = "not_applied"
    UNRESOLVABLE_NO_MATCH = "unresolvable_no_match"
    DECLINED_BY_SME = "declined_by_sme"
    WITHDRAWN = "withdrawn"
    CLOSED_NO_RESPONSE = "closed_no_response"
    REFERRED_OUT = "referred_out"
    OUT_OF_SCOPE = "out_of_scope"
    MERGED = "merged"
    CLOSED_ABUSE = "closed_abuse"


RESOLVED = frozenset(
    {
        CaseOutcome.RESOLVED_TECH_HELD, CaseOutcome.RESOLVED_EQUIPMENT,
        CaseOutcome.RESOLVED_GUIDANCE, CaseOutcome.RESOLVED_INFO, CaseOutcome.RESOLVED_RD_SHORT,
        CaseOutcome.RESOLVED_RD_MEDIUM, CaseOutcome.RESOLVED_RD_LONG,
    }
)  # fmt: skip

# Withdrawn, referred and merged cases get the short form of the survey.
SHORT_SURVEY = frozenset(
    {
        CaseOutcome.RESOLVED_INFO, CaseOutcome.DECLINED_BY_SME, CaseOutcome.WITHDRAWN,
        CaseOutcome.CLOSED_NO_RESPONSE, CaseOutcome.REFERRED_OUT, CaseOutcome.OUT_OF_SCOPE,
        CaseOutcome.MERGED, CaseOutcome.ANSWERED_AT_DESK,
    }
)  # fmt: skip
NO_SURVEY = frozenset({CaseOutcome.CLOSED_ABUSE})


class AssignmentRole(StrEnum):
    LEAD = "lead"
    PARTNER = "partner"


class DeclineReason(StrEnum):
    """Why an institute declines; counted per institute."""

    NO_TECHNOLOGY = "no_technology"
    NO_CAPACITY = "no_capacity"
    CONFLICT_OF_INTEREST = "conflict_of_interest"
    SECRECY = "secrecy"
    OUT_OF_LAW = "out_of_law"
    BETTER_INSTITUTE = "better_institute"


class OfferAnswer(StrEnum):
    """What became of an offer to an institute."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    SILENT = "silent"
    REPLACED = "replaced"


class Assignment(WireModel):
    """One offer to one institute and its answer."""

    institute: str
    role: AssignmentRole = AssignmentRole.LEAD
    offered_at: Instant
    answered_at: Instant | None = None
    answer: OfferAnswer = OfferAnswer.WAITING
    decline_reason: DeclineReason | None = None
    named_staff: str | None = None


class PromiseState(StrEnum):
    RUNNING = "running"
    KEPT = "kept"
    BROKEN = "broken"
    VOID = "void"


class Promise(WireModel):
    """Something the company was told would happen by a date.

    Attributes:
        kind: `first_contact` or `agreement`.
        ended_at: When it was kept, or became void because the case ended first.
    """

    kind: str
    deadline: Deadline
    state: PromiseState = PromiseState.RUNNING
    ended_at: Instant | None = None


class CaseIntake(WireModel):
    """What starts the workflow: ids and codes; texts and contacts stay in Postgres.

    Attributes:
        received_at: When the company turned to the centre; the clock starts here.
        registered_at: When it was keyed in.
        policy_version: Pinned for the case's whole life.
    """

    case_number: CaseNumber
    service: Service | None = None
    channel: str
    region: str | None = None
    received_at: Instant
    registered_at: Instant
    policy_version: str
    idempotency_key: str = ""
    institute_wish: str | None = None
    linked_case: str | None = None
    language: str = "ko"


class ProjectPlan(WireModel):
    """What scoping agreed on: the inputs of the track grid and of the agreement.

    Attributes:
        months: Duration; extensions that were granted are part of it.
        starts_on: The day that the agreement names.
    """

    months: float | None = None
    budget_krw: Krw | None = None
    own_share_krw: Krw | None = None
    document: str | None = None
    starts_on: date | None = None


class Candidate(WireModel):
    """An institute proposed by matching."""

    institute: str
    rank: int
    score: float


class RoundEntry(WireModel):
    """How a case stands in the selection round that it applied to last.

    Attributes:
        cutoff_at: The agreement's two months begin there (C05).
        state: An `ApplicationState`.
    """

    round_id: RoundId
    cutoff_at: Instant
    state: str = "applied"
    rank: int | None = None
    reason: str | None = None


class CaseSnapshot(WireModel):
    """The case's state at one version, as the read model stores it.

    Attributes:
        version: Rises with every change; rows only move to a higher one.
        waiting_for: What is waited for with nobody having to act: `appointment`, `next_call`,
            `round`.
        waiting_until: When that comes.
        on_hold_until: The company asked to pause the case, and is asked again then.
        next_due_at: The earliest of these, and of the due dates of open tasks and promises.
        counted_as: `case`, or `contact` for an enquiry answered at the desk (C42).
        further_service: Follows in the same case when the first is done (U23).
        interim_note: A code for "resolved, and something follows", such as `licence_follows`.
        unconfirmed: The company did not confirm the result in time.
    """

    case_number: CaseNumber
    version: int = 0
    status: CaseStatus = CaseStatus.RECEIVED
    step: CaseStep = CaseStep.NONE
    service: Service | None = None
    channel: str = "web"
    region: str | None = None
    branch: Branch | None = None
    further_service: Service | None = None
    urgency: Urgency = Urgency.NONE
    plan: ProjectPlan = ProjectPlan()
    proposal: TrackProposal = TrackProposal()
    track: Track | None = None
    track_mode: str | None = None
    lead_institute: str | None = None
    handler: str | None = None
    assignments: tuple[Assignment, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    match_run: str | None = None
    match_confidence: float | None = None
    promises: tuple[Promise, ...] = ()
    entry: RoundEntry | None = None
    waiting_for: str | None = None
    waiting_until: Instant | None = None
    on_hold_until: Instant | None = None
    received_at: Instant
    registered_at: Instant
    next_due_at: Instant | None = None
    overdue: bool = False
    outcome: CaseOutcome | None = None
    outcome_reason: str | None = None
    outcome_document: str | None = None
    interim_note: str | None = None
    unconfirmed: bool = False
    counted_as: str = "case"
    closed_at: Instant | None = None
    reopen_until: Instant | None = None
    reopen_seq: int = 0
    merged_into: str | None = None
    linked_case: str | None = None
    survey_state: str | None = None
    policy_version: str = ""
    calendar_version: int = 0
    language: str = "ko"

    @property
    def lead_assignment(self) -> Assignment | None:
        """The offer that the lead institute accepted."""
        accepted = (
            offer
            for offer in reversed(self.assignments)
            if offer.role is AssignmentRole.LEAD and offer.answer is OfferAnswer.ACCEPTED
        )
        return next(accepted, None)

    @property
    def is_led(self) -> bool:
        """Whether an institute accepted the case and still has it."""
        lead = self.lead_assignment
        return lead is not None and lead.institute == self.lead_institute

    @property
    def partners(self) -> tuple[Assignment, ...]:
        """Offers to take part beside the lead that are open or were accepted (C44)."""
        return tuple(
            offer
            for offer in self.assignments
            if offer.role is AssignmentRole.PARTNER
            and offer.answer in {OfferAnswer.WAITING, OfferAnswer.ACCEPTED}
        )


class CompanyWish(WireModel):
    """What a company wishes for its case; a reason is asked for, not required."""

    actor_id: str
    submitted_at: Instant
    reason: str | None = Field(default=None, description="Reference to the stored text.")


class Withdrawal(CompanyWish):
    """The company's wish to end the case (U06)."""


class ReopenRequest(CompanyWish):
    """Asks to take a closed case up again inside its window (U16)."""


class HoldRequest(CompanyWish):
    """The company's wish to pause its case, or to let it go on."""


class HandlerChange(WireModel):
    """Names who handles the case from now on; None leaves it to the department (U14)."""

    actor: Actor
    handler: Actor | None = None
    reason: str | None = Field(default=None, description="Reference to the stored text.")


class PartnerInvitation(WireModel):
    """Asks an institute to take part beside the lead (U04)."""

    actor: Actor
    institute: str


class Matter(StrEnum):
    """What staff raise about a case beside its procedure; somebody is asked to settle it.

    Attributes:
        COMPANY_STATUS: The company is insolvent, sold or no SME any more (U13).
        DISAGREEMENT: The institutes of a joint case want different things (U05).
        LEAD_GIVES_BACK: The lead institute cannot go on with what it accepted (U04).
        HANDLER_LEAVES: Who works on the case at the lead institute leaves it (U14).
    """

    COMPANY_STATUS = "company_status"
    DISAGREEMENT = "disagreement"
    LEAD_GIVES_BACK = "lead_gives_back"
    HANDLER_LEAVES = "handler_leaves"


class MatterReport(WireModel):
    """Raises a matter; the reason is what whoever settles it reads."""

    actor: Actor
    matter: Matter
    reason: str = Field(description="Reference to the stored text.")


class InstituteSuccession(WireModel):
    """Moves a case to the institute that followed its lead, with its open tasks (U32)."""

    actor: Actor
    successor: str
    reason: str | None = Field(default=None, description="Reference to the stored text.")
