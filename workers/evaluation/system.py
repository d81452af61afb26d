"""The engine as it is packed: profiles and sample catalogue of this release, without a database."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import Final

from infra.reference_files import (
    enquiry_kinds,
    institute_names,
    institute_phrases,
    service_examples,
    synonym_pairs,
    synonyms,
)
from infra.sample_catalogue import sample_catalogue
from matching.corpus import CorpusText, index_of, text_key
from matching.designation import Designator, Weights
from matching.encoder import Vectors, shipped_encoder
from matching.enquiry import EnquiryKind, EnquiryReader, texts_read
from matching.evaluation import Answer
from matching.index import CatalogueIndex
from matching.naming import InstituteNames
from matching.profiles import Asked, Phrase, Profiles
from schemas.indexing import IndexedDocument
from schemas.search import DocumentKind
from workers.evaluation.forms import CorpusPatent
from workers.evaluation.vectors import KeptQuestions, cache_folder, progress_of
from workflows.policy.personal_data import mask

_DEPTH: Final = 100
_INSTITUTES: Final = 25


@dataclass(frozen=True)
class Row:
    """A document to index."""

    kind: DocumentKind
    id: str
    institute: str
    title: str
    body: str


class Engine:
    """What answers difficulties: the parts of a centre's matching, built here when first asked.

    Vectors come from the cache, or take minutes once.
    """

    def __init__(self, weights: Weights | None = None) -> None:
        self._weights = weights
        self._encoder = shipped_encoder()
        self._synonyms = synonyms(synonym_pairs())
        self._phrases = [Phrase(code, text) for code, _, text in institute_phrases()]
        self._kinds = [EnquiryKind(*kind) for kind in enquiry_kinds()]
        self._services = service_examples()

    @cached_property
    def _rows(self) -> Vectors | None:
        """The vectors of the phrases, then of the examples of enquiries."""
        if self._encoder is None:
            return None
        phrases = [phrase.text for phrase in self._phrases]
        texts = texts_read(phrases, self._kinds, self._services)
        return KeptQuestions(self._encoder, cache_folder()).rows(texts, progress_of("profiles"))

    @cached_property
    def _reader(self) -> EnquiryReader:
        return EnquiryReader(self._phrases, self._kinds, self._services, self._encoder, self._rows)

    @cached_property
    def designator(self) -> Designator:
        rows = None if self._rows is None else self._rows[: len(self._phrases)]
        return Designator(
            self.index(sample_rows(), "sample catalogue"),
            Profiles(self._phrases, self._encoder, rows, self._synonyms),
            self._encoder,
            InstituteNames(institute_names()),
            self._weights,
        )

    def index(self, rows: Sequence[Row], what: str) -> CatalogueIndex:
        """An index over documents."""
        return index_of(
            [
                CorpusText(
                    IndexedDocument(
                        kind=row.kind,
                        id=row.id,
                        institute=row.institute,
                        title=row.title,
                        text_key=text_key(row.title, row.body),
                        is_public=row.kind is not DocumentKind.RESEARCHER,
                    ),
                    row.body,
                )
                for row in rows
            ],
            self._encoder,
            # Apart, so that progress counts what it is about.
            cache_folder() / what.replace(" ", "-"),
            progress_of(what),
            synonyms=self._synonyms,
        )

    def answer(self, text: str) -> Answer:
        """Mask, read and designate, as an arriving case would be."""
        started = perf_counter()
        masked = mask(text)
        asked = Asked.of(masked.masked, self._encoder)
        enquiry = self._reader.read(masked.masked, asked, has_personal_data=bool(masked.kinds))
        ranking = self.designator.rank(masked.masked, _INSTITUTES, asked=asked)
        return Answer(
            ranked=[candidate.institute for candidate in ranking.candidates],
            seconds=perf_counter() - started,
            confidence=ranking.confidence,
            enquiry=enquiry,
            masked=masked.masked,
        )


class PatentSearch:
    """Finds patents of a corpus by the same index."""

    def __init__(self, engine: Engine, corpus: Sequence[CorpusPatent]) -> None:
        """Build the index of the corpus."""
        rows = [
            Row(DocumentKind.PATENT, patent.id, "CORPUS", patent.title, patent.body)
            for patent in corpus
        ]
        self._index = engine.index(rows, "corpus")

    def answer(self, text: str) -> Answer:
        """The patents that answer a difficulty best."""
        started = perf_counter()
        best = self._index.score(text, [DocumentKind.PATENT]).top(_DEPTH)
        return Answer(
            ranked=[self._index.documents.id[position] for position, _ in best],
            seconds=perf_counter() - started,
        )


def sample_rows() -> list[Row]:
    """The sample catalogue as the view `search_document` shows it."""
    sample = sample_catalogue()
    rows = [
        Row(
            DocumentKind.PATENT, patent.application_number, patent.institute, patent.title_ko,
            f"{patent.summary} {patent.title_en}",
        )
        for patent in sample.patents
    ]  # fmt: skip
    rows += [
        Row(
            DocumentKind.EQUIPMENT, item.equipment_id, item.institute, item.name,
            f"{item.specification} {item.field_of_use}",
        )
        for item in sample.equipment
        if item.sme_available
    ]  # fmt: skip
    rows += [
        Row(
            DocumentKind.LAB, lab.lab_id, lab.institute, lab.name,
            f"{lab.description} {lab.supports}",
        )
        for lab in sample.labs
    ]  # fmt: skip
    rows += [
        Row(
            DocumentKind.TECHNOLOGY, technology.technology_id, technology.institute,
            technology.name, f"{technology.summary} {technology.field_of_use}",
        )
        for technology in sample.technologies
    ]  # fmt: skip
    rows += [
        Row(
            DocumentKind.RESEARCHER, person.researcher_id, person.institute, person.department,
            " ".join(person.fields),
        )
        for person in sample.researchers
    ]  # fmt: skip
    return rows
