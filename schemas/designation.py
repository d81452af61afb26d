"""Which institute could help: what matching is asked, and what it answers with which evidence."""

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
    """

    institute: str
    rank: int
    score: float
    evidence: tuple[Evidence, ...]
    researchers: int


class Ranking(WireModel):
    """The institutes in their order; empty when the text says nothing that could be matched.

    Attributes:
        index_version: Names the rows and the method, so that a ranking can be repeated.
        confidence: The first institute's lead over the second, 0 to 1; not a probability.
    """

    index_version: str
    confidence: float
    candidates: tuple[CandidateInstitute, ...]


class MatchResult(WireModel):
    """What the workflow keeps of a ranking; reasons stay in the database under `run_id`."""

    run_id: str
    index_version: str
    confidence: float
    candidates: tuple[Candidate, ...]
