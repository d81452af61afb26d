"""Which institute could help: what matching is asked, and what it answers with which evidence."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.base import CaseNumber, WireModel
from schemas.case import Candidate


class MatchRequest(WireModel):
    """Asks for the institutes that could help with a case.

    Attributes:
        top_k: How many institutes at most.
    """

    case_number: CaseNumber
    top_k: Annotated[int, Field(ge=1, le=25)] = 5


class EvidenceKind(StrEnum):
    """What speaks for an institute."""

    PROFILE = "profile"
    PATENT = "patent"
    EQUIPMENT = "equipment"
    LAB = "lab"
    TECHNOLOGY = "technology"


class DesignationFactor(StrEnum):
    """What adds to an institute's total, or takes from it."""

    PROFILE = "profile"
    DOCUMENTS = "documents"
    NAMED = "named"
    WORKLOAD = "workload"
    SUCCESS = "success"
    REGION = "region"


class PhraseSort(StrEnum):
    """What a line of an institute's profile is."""

    STRENGTHS = "strengths"
    REQUESTS = "requests"
    ENGLISH = "english"


class Evidence(WireModel):
    """Something public that an institute holds and that speaks for it.

    Attributes:
        id: The application number, equipment id or lab id; the institute's code for its profile.
        passage: The part of its text that matched best.
        terms: Words of the difficulty that it shares, the most telling first.
    """

    kind: EvidenceKind
    id: str
    title: str
    passage: str
    terms: tuple[str, ...]


class CandidateInstitute(WireModel):
    """An institute that could help, with the reasons a coordinator can check.

    Attributes:
        score: Share of the best possible score, 0 to 1; only comparable within one ranking.
        researchers: How many of its researchers work in the field; never who (R067).
        why: One Korean sentence that says why; empty in rankings of an older release.
        why_en: The same in English.
        factors: What each factor added to the total.
    """

    institute: str
    rank: int
    score: float
    evidence: tuple[Evidence, ...]
    researchers: int
    why: str = ""
    why_en: str = ""
    factors: Mapping[DesignationFactor, float] = {}


class PastCase(WireModel):
    """A closed case whose difficulty was alike; for staff only.

    Attributes:
        institute: The one that led it; None when nobody did.
        outcome: How it ended, a `CaseOutcome`.
        passage: The beginning of its text, without personal data.
        nearness: Of its text to this one, 0 to 1.
    """

    case_number: CaseNumber
    institute: str | None
    outcome: str
    passage: str
    nearness: float


class FirstAction(StrEnum):
    """What the desk should do first with a new enquiry."""

    ASSIGN = "assign"
    SUPPLEMENT_REQUEST = "supplement_request"
    REFER_OUT = "refer_out"
    MASK_PII_THEN_ASSIGN = "mask_pii_then_assign"


class EnquiryProposal(WireModel):
    """How an enquiry reads: a proposal to the person at the desk, never a decision.

    Attributes:
        service: What is asked for; None when the text does not tell.
        flags: What to look out for: `vague`, `misfiled`, `urgent`, `personal_data`, `joint`.
        question: The one question whose answer helps most; None when nothing is missing.
        question_en: The same in English.
        referral: Who is responsible instead; None when the centre is.
        referral_en: The same in English.
    """

    service: str | None
    first_action: FirstAction
    flags: tuple[str, ...] = ()
    question: str | None = None
    question_en: str | None = None
    referral: str | None = None
    referral_en: str | None = None


class Ranking(WireModel):
    """The institutes in their order; empty when the text says nothing that could be matched.

    Attributes:
        index_version: Names the rows and the method, so that a ranking can be repeated.
        confidence: The probability that an acceptable institute stands first, calibrated on our own
            difficulties; older rankings have the first's lead over the second here.
        low_confidence: A person should decide, and the page says so.
        enquiry: How the text reads; None in rankings of an older release.
        similar_cases: Closed cases like this one; for staff only.
    """

    index_version: str
    confidence: float
    candidates: tuple[CandidateInstitute, ...]
    low_confidence: bool = False
    enquiry: EnquiryProposal | None = None
    similar_cases: tuple[PastCase, ...] = ()


class MatchResult(WireModel):
    """What the workflow keeps of a ranking; reasons stay in the database under `run_id`."""

    run_id: str
    index_version: str
    confidence: float
    candidates: tuple[Candidate, ...]
    low_confidence: bool = False
