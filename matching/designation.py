"""From a company's text to a ranking of institutes that a person can check.

Three things speak for an institute: what its profile says, what it holds (its best documents vote
by rank, a vote counting less the more it holds), and that the company names it. Workload, past
success and region may be added; each has a weight that switches it off at zero, and each shows in
the result.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from matching.calibration import probability_of_right
from matching.encoder import Encoder
from matching.explanation import Explainer
from matching.index import CatalogueIndex, Scores
from matching.naming import InstituteNames
from matching.profiles import Asked, Profiles, ProfileScores
from schemas.designation import CandidateInstitute, DesignationFactor, Ranking
from schemas.search import DocumentKind

_METHOD: Final = "designation-2"
_VOTERS: Final = 20
_SIZE_EXPONENT: Final = 0.3
_VOTING: Final = (
    DocumentKind.PATENT,
    DocumentKind.EQUIPMENT,
    DocumentKind.LAB,
    DocumentKind.TECHNOLOGY,
    DocumentKind.RESEARCHER,
)
# Documents of staff only may vote; what is shown as evidence is public.
_SHOWN: Final = frozenset(_VOTING) - {DocumentKind.RESEARCHER}
# Below this the first proposal is wrong more often than one time in seven: a person decides.
LOW_CONFIDENCE: Final = 0.85


@dataclass(frozen=True)
class Weights:
    """How much each factor counts; 0 switches it off.

    Attributes:
        documents: Of the votes; a profile that answers best counts 1.
        named: Of being named in the text.
        workload: How much the institute with the most open cases loses.
        success: How much an institute that solved all of its cases gains.
        region: How much an institute in the company's region gains.
    """

    profile: float = 1.0
    documents: float = 0.15
    named: float = 0.6
    workload: float = 0.03
    success: float = 0.03
    region: float = 0.02


@dataclass(frozen=True)
class Circumstances:
    """What is known of institutes besides what they can do; by institute, 0 to 1.

    Attributes:
        workload: Open cases, as share of the busiest institute's.
        success: Share of its closed cases that ended well; without those of too few cases.
        region: 1 where the institute has a site in the company's region.
    """

    workload: Mapping[str, float]
    success: Mapping[str, float]
    region: Mapping[str, float]


NOTHING_KNOWN: Final = Circumstances({}, {}, {})


class Designator:
    """Ranks institutes for difficulties, by one catalogue and one set of profiles."""

    def __init__(
        self,
        index: CatalogueIndex | None,
        profiles: Profiles,
        encoder: Encoder | None,
        names: InstituteNames,
        weights: Weights | None = None,
    ) -> None:
        """Take what a ranking is made of.

        Args:
            index: Of the catalogue; None ranks by profiles alone.
            profiles: Of all institutes.
            encoder: The one that the profiles' vectors are of.
            names: Of all institutes.
            weights: The shipped ones when not given.
        """
        self._index = index
        self._profiles = profiles
        self._encoder = encoder
        self._names = names
        self._weights = weights or Weights()
        self._explainer = Explainer(index)
        self._sizes = _sizes(index) if index is not None else {}
        catalogue = index.version if index is not None else "no-catalogue"
        self.version = f"{_METHOD}/{profiles.version}/{catalogue}"

    def rank(
        self,
        text: str,
        top_k: int,
        circumstances: Circumstances = NOTHING_KNOWN,
        asked: Asked | None = None,
    ) -> Ranking:
        """The institutes that could help, best first.

        Returns:
            An empty ranking with confidence 0 when the text says nothing.

        Args:
            text: Personal data masked.
            top_k: How many institutes at most.
            circumstances: What else is known of institutes.
            asked: The same text, when it was analysed before.
        """
        asked = asked or Asked.of(text, self._encoder)
        profiles = self._profiles.score(asked)
        documents = self._index.score(text, _VOTING) if self._index is not None else None
        factors = self._factors(text, profiles, documents, circumstances)
        totals = {code: sum(own.values()) for code, own in factors.items()}
        speaking = [code for code, own in factors.items() if _speaks(own)]
        order = sorted(speaking, key=lambda code: (-totals[code], code))
        if not order:
            return Ranking(
                index_version=self.version, confidence=0.0, candidates=(), low_confidence=True
            )
        confidence = probability_of_right([totals[code] for code in order])
        best = totals[order[0]]
        words = frozenset(asked.terms)
        return Ranking(
            index_version=self.version,
            confidence=confidence,
            low_confidence=confidence < LOW_CONFIDENCE,
            candidates=tuple(
                self._candidate(
                    words,
                    place,
                    code,
                    _share(totals[code], best),
                    factors[code],
                    profiles,
                    documents,
                )
                for place, code in enumerate(order[:top_k], start=1)
            ),
        )

    def order(self, text: str, circumstances: Circumstances = NOTHING_KNOWN) -> dict[str, float]:
        """The total of every institute, without reasons: what evaluation and calibration need."""
        profiles = self._profiles.score(Asked.of(text, self._encoder))
        documents = self._index.score(text, _VOTING) if self._index is not None else None
        factors = self._factors(text, profiles, documents, circumstances)
        totals = {code: sum(own.values()) for code, own in factors.items() if _speaks(own)}
        return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))

    def _factors(
        self,
        text: str,
        profiles: ProfileScores,
        documents: Scores | None,
        circumstances: Circumstances,
    ) -> dict[str, dict[DesignationFactor, float]]:
        """What each factor adds to each institute's total."""
        weights = self._weights
        votes = self._votes(documents)
        named = self._names.named_in(text)
        return {
            code: {
                DesignationFactor.PROFILE: weights.profile * float(score),
                DesignationFactor.DOCUMENTS: weights.documents * votes.get(code, 0.0),
                DesignationFactor.NAMED: weights.named * (code in named),
                DesignationFactor.WORKLOAD: -weights.workload
                * circumstances.workload.get(code, 0.0),
                DesignationFactor.SUCCESS: weights.success * circumstances.success.get(code, 0.0),
                DesignationFactor.REGION: weights.region * circumstances.region.get(code, 0.0),
            }
            for code, score in zip(profiles.institutes, profiles.scores, strict=True)
        }

    def _votes(self, documents: Scores | None) -> dict[str, float]:
        """Votes by institute: of each kind the best documents, 1 / rank over size ** 0.3."""
        if documents is None or self._index is None:
            return {}
        columns = self._index.documents
        votes: defaultdict[str, float] = defaultdict(float)
        for kind in _VOTING:
            scores = np.where(columns.kind.where(kind), documents.fused, -1.0)
            some = min(_VOTERS, len(scores))
            best = np.argsort(-scores, kind="stable")[:some]
            for place, position in enumerate(best, start=1):
                if scores[position] <= 0:
                    break
                code = columns.institute.values[int(columns.institute.codes[position])]
                votes[code] += 1 / (place * self._sizes[kind, code] ** _SIZE_EXPONENT)
        most = max(votes.values(), default=1.0)
        return {code: vote / most for code, vote in votes.items()}

    def _candidate(  # noqa: PLR0913, PLR0917  # all that was found out of one institute
        self,
        words: frozenset[str],
        place: int,
        code: str,
        score: float,
        factors: Mapping[DesignationFactor, float],
        profiles: ProfileScores,
        documents: Scores | None,
    ) -> CandidateInstitute:
        phrases = profiles.phrases[profiles.institutes.index(code)]
        evidence = self._explainer.evidence(words, code, phrases, documents, _SHOWN)
        why = self._explainer.why(evidence, factors)
        return CandidateInstitute(
            institute=code,
            rank=place,
            score=round(max(score, 0.0), 4),
            evidence=evidence,
            researchers=self._researchers(code, documents),
            why=why.korean,
            why_en=why.english,
            factors={factor: round(added, 4) for factor, added in factors.items() if added},
        )

    def _researchers(self, code: str, documents: Scores | None) -> int:
        """How many of its researchers share a word with the text."""
        if documents is None or self._index is None:
            return 0
        columns = self._index.documents
        own = columns.kind.where(DocumentKind.RESEARCHER) & columns.institute.where(code)
        return int(np.count_nonzero(own & (documents.lexical > 0)))


def _share(total: float, best: float) -> float:
    """A total as share of the best one; 0 when as much speaks against the best as for it."""
    return total / best if best > 0 else 0.0


def _speaks(factors: Mapping[DesignationFactor, float]) -> bool:
    """Whether anything in the text speaks for an institute; circumstances alone do not."""
    return any(
        factors[factor] > 0
        for factor in (
            DesignationFactor.PROFILE, DesignationFactor.DOCUMENTS, DesignationFactor.NAMED,
        )
    )  # fmt: skip


def _sizes(index: CatalogueIndex) -> Mapping[tuple[str, str], int]:
    """How many documents of each kind an institute has."""
    columns = index.documents
    kinds: Sequence[str] = columns.kind.values
    institutes: Sequence[str] = columns.institute.values
    pairs = Counter(zip(columns.kind.codes.tolist(), columns.institute.codes.tolist(), strict=True))
    return {
        (kinds[kind], institutes[institute]): times for (kind, institute), times in pairs.items()
    }
