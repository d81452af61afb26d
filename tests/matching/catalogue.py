"""A small catalogue of our own words, and an encoder that can be foretold."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from matching.documents import Documents
from matching.encoder import Encoder, Vectors
from matching.index import CatalogueIndex
from matching.live import stack
from matching.text import terms_of, words_of
from schemas.indexing import IndexedDocument
from schemas.search import DocumentKind, SearchQuery

PUBLIC = (
    DocumentKind.PROFILE,
    DocumentKind.PATENT,
    DocumentKind.EQUIPMENT,
    DocumentKind.LAB,
    DocumentKind.TECHNOLOGY,
)
TEXTS: Sequence[tuple[DocumentKind, str, str, str, str]] = (
    (DocumentKind.PATENT, "10-1", "KITECH", "알루미늄 다이캐스팅의 기공 저감 방법",
     "용탕의 가스를 빼내어 주조품 내부의 기공을 줄인다. 두께 10um 이하의 층을 얻는다."),
    (DocumentKind.PATENT, "10-2", "KITECH", "사출 성형 금형의 냉각 장치",
     "플라스틱 사출 성형에서 금형을 고르게 식혀 휨을 막는다."),
    (DocumentKind.PATENT, "10-3", "KERI", "이차전지 양극재의 제조 방법",
     "리튬 이차전지용 양극 활물질을 코팅하여 수명을 늘린다."),
    (DocumentKind.PATENT, "10-4", "KIMM", "레이저 용접의 균열 억제 방법",
     "Laser welding of aluminium sheets without cracks. 용접부의 균열을 억제한다."),
    (DocumentKind.EQUIPMENT, "E-1", "KRISS", "주사전자현미경", "시료 표면의 미세 균열 관찰"),
    (DocumentKind.LAB, "L-1", "KIMS", "도금 실험실", "전기 도금 피막의 밀착력을 시험한다"),
    (DocumentKind.RESEARCHER, "R-1", "KIMS", "표면처리 연구실", "무전해니켈 피막비밀 용접"),
)  # fmt: skip


class WordsAsVectors(Encoder):
    """Texts that share words are near each other; no meaning, but the same each time."""

    @property
    def name(self) -> str:
        return "words-as-vectors-1"

    @property
    def dimensions(self) -> int:
        return 64

    def encode_question(self, text: str) -> Vectors:
        return self.encode_passages([text])[0]

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        rows = np.full((len(texts), self.dimensions), 0.05, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in words_of(text):
                row[zlib.crc32(word.encode()) % self.dimensions] += 1
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def documents() -> Documents:
    return Documents.of(
        [
            IndexedDocument(
                kind=kind,
                id=id_,
                institute=institute,
                title=title,
                text_key=f"key-{id_}",
                published_on=date(2010 + i, 3, 1) if kind is DocumentKind.PATENT else None,
                status="registered" if kind is DocumentKind.PATENT and i % 2 else None,
                location="대전" if kind is DocumentKind.EQUIPMENT else None,
                is_public=kind is not DocumentKind.RESEARCHER,
            )
            for i, (kind, id_, institute, title, _) in enumerate(TEXTS)
        ]
    )


def index(
    *, dense: bool = True, synonyms: Mapping[str, Sequence[str]] | None = None
) -> CatalogueIndex:
    encoder = WordsAsVectors()
    whole = [f"{title}\n{body}" for _, _, _, title, body in TEXTS]
    vectors = [encoder.encode_passages([text]).astype(np.float16) for text in whole]
    return CatalogueIndex.build(
        documents(),
        [terms_of(text) for text in whole],
        stack(vectors) if dense else None,
        encoder=encoder if dense else None,
        synonyms=synonyms or {},
    )


def asking(text: str, *kinds: DocumentKind, **more: object) -> SearchQuery:
    return SearchQuery.model_validate({"text": text, "kinds": kinds or PUBLIC, **more})
