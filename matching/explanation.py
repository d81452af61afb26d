"""Why an institute is proposed: the documents and phrases that speak for it, and one sentence."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Final

import numpy as np

from matching.index import CatalogueIndex, Scores
from matching.text import analyse
from schemas.designation import DesignationFactor, Evidence, EvidenceKind
from schemas.search import DocumentKind

_EACH: Final = 3
_WORDS_SAID: Final = 3
_NEAR: Final = 0.35
_PASSAGE: Final = 200
_SENTENCES: Final = 30
_SENTENCE_END: Final = re.compile(r"(?<=[.?!다])\s+|\n+")
_KINDS: Final = {
    EvidenceKind.PATENT: ("특허", "patent"),
    EvidenceKind.EQUIPMENT: ("장비", "equipment"),
    EvidenceKind.LAB: ("실험실", "laboratory"),
    EvidenceKind.TECHNOLOGY: ("이전 기술", "technology"),
}


@dataclass(frozen=True)
class Sentence:
    """The same in both languages."""

    korean: str
    english: str


class Explainer:
    """Finds reasons in the catalogue of an index."""

    def __init__(self, index: CatalogueIndex | None) -> None:
        self._index = index

    def evidence(
        self,
        asked: frozenset[str],
        institute: str,
        phrases: Sequence[str],
        documents: Scores | None,
        shown: frozenset[DocumentKind],
    ) -> tuple[Evidence, ...]:
        """What speaks for an institute: the profile's nearest line, then its best documents.

        An index holds no texts, so a document's title stands for its passage; whoever shows it
        reads the text by its id and takes `passage_of` it.

        Args:
            asked: Words and compounds of the difficulty.
            institute: The one proposed.
            phrases: Of its profile, the nearest first.
            documents: Scores of the catalogue; None without one.
            shown: Kinds of documents that may be shown.
        """
        found: list[Evidence] = []
        if phrases:
            found.append(
                Evidence(
                    kind=EvidenceKind.PROFILE,
                    id=institute,
                    title=institute,
                    passage=" · ".join(phrases),
                    terms=_shared(asked, " ".join(phrases)),
                )
            )
        if self._index is None or documents is None:
            return tuple(found)
        columns = self._index.documents
        own = columns.institute.where(institute) & np.isin(
            columns.kind.codes,
            [number for number, kind in enumerate(columns.kind.values) if kind in shown],
        )
        scores = np.where(own, documents.fused, -1.0)
        for position in np.argsort(-scores, kind="stable")[:_EACH]:
            if scores[position] < _NEAR:
                break
            title = columns.title[int(position)]
            found.append(
                Evidence(
                    kind=EvidenceKind(columns.kind.values[int(columns.kind.codes[position])]),
                    id=columns.id[int(position)],
                    title=title,
                    passage=title,
                    terms=_shared(asked, title),
                )
            )
        return tuple(found)

    @staticmethod
    def why(evidence: Sequence[Evidence], factors: Mapping[DesignationFactor, float]) -> Sentence:
        """One sentence, in Korean and English."""
        # A stem of one syllable reads like a slip.
        terms = dict.fromkeys(term for item in evidence for term in item.terms)
        words = [term for term in terms if len(term) > 1]
        said = ", ".join(f"‘{word}’" for word in words[:_WORDS_SAID])
        phrase = next(
            (
                item.passage.split(" · ")[0]
                for item in evidence
                if item.kind is EvidenceKind.PROFILE
            ),
            "",
        )
        document = next((item for item in evidence if item.kind in _KINDS), None)
        if factors.get(DesignationFactor.NAMED, 0) > 0:
            start = Sentence(
                "기업이 이 기관을 직접 언급했고, ", "The company names this institute; "
            )
        else:
            start = Sentence("", "")
        if said:
            about = Sentence(
                f"{said}에 관한 내용이 이 기관의 분야 ‘{phrase}’에 해당합니다",
                f"{said} belongs to its field “{phrase}”",
            )
        else:
            about = Sentence(
                f"내용이 이 기관의 분야 ‘{phrase}’에 가장 가깝습니다",
                f"the matter is nearest to its field “{phrase}”",
            )
        if document is None:
            return Sentence(f"{start.korean}{about.korean}.", f"{start.english}{about.english}.")
        korean, english = _KINDS[document.kind]
        return Sentence(
            f"{start.korean}{about.korean}(관련 {korean}: {document.title}).",
            f"{start.english}{about.english} (related {english}: {document.title}).",
        )


def passage_of(body: str, asked: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The sentence of a text that shares most words with a difficulty, and the words it shares.

    Args:
        body: Of a document.
        asked: Words of the difficulty.
    """
    words = frozenset(asked)
    sentences = [part.strip() for part in _SENTENCE_END.split(body) if part.strip()]
    shared = [_shared(words, sentence) for sentence in sentences[:_SENTENCES]]
    if not shared:
        return "", ()
    best = max(range(len(shared)), key=lambda number: len(shared[number]))
    return shorten(sentences[best], _PASSAGE, placeholder=" …"), shared[best]


def _shared(asked: frozenset[str], text: str) -> tuple[str, ...]:
    """Words of a text that the difficulty has too, as they stand in the text."""
    return tuple(
        dict.fromkeys(
            run.surface
            for run in analyse(text).runs
            if run.compound in asked or not asked.isdisjoint(run.words)
        )
    )
