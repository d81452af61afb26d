"""How an enquiry reads: what is asked for, and whether it can be assigned as it is.

Misfiled and vague texts are recognised as institutes are: their examples are profiles beside the
institutes' own and those of the services, and whichever answers best names the kind. What service
is asked for is learnt from examples. Everything here is a proposal to the person at the desk.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from matching.encoder import Encoder, Vectors
from matching.profiles import Asked, Phrase, Profiles
from matching.text import words_of
from matching.wishes import BACKGROUND, Wishes
from schemas.designation import EnquiryProposal, FirstAction

VAGUE: Final = "VAGUE"
# A short text with few words of a trade can't be assigned however near it is to some profile.
_FEW_WORDS: Final = 2
_SHORT: Final = 90
_SURE_WORDS: Final = 5
# Examples of services speak of every trade, and would be nearest to too many misfiled texts.
_HANDICAP: Final = 0.05
# In how many of the profiles a word may occur and still say something of a field.
_TELLING: Final = 6


@dataclass(frozen=True)
class EnquiryKind:
    """A kind of enquiry that is not assigned.

    Attributes:
        code: `VAGUE`, or what a misfiled one is about.
        referral: Who is responsible, in Korean and English; empty for vague ones.
    """

    code: str
    examples: Sequence[str]
    referral: str = ""
    referral_en: str = ""


_URGENT: Final = re.compile(
    r"급(합|하|해)|긴급|시간이\s*없|이번\s*(주|달)|다음\s*(주|달)|당장|urgent", re.IGNORECASE
)

_ABOUT_SUPPORT: Final = re.compile(
    r"지원|혜택|무료|사업이|정부|나라에서|support programme", re.IGNORECASE
)
_ABOUT_TEST: Final = re.compile(r"시험|인증|검사|분석|샘플|시료|test", re.IGNORECASE)
_ABOUT_NEW: Final = re.compile(
    r"신제품|새로운\s*제품|신사업|특허|아이디어|기술.{0,6}(추천|소개)|어떻게\s*시작"
)
_ABOUT_CHANGE: Final = re.compile(r"예전|전처럼|바뀐|바꿨|그만|들쭉날쭉|전 같지")
_QUESTIONS: Final = (
    (
        _ABOUT_TEST,
        "어떤 제품(재질·용도)을, 누가 요구하는 어떤 기준 때문에 시험하거나 분석하려고 하십니까?",
        "Which product (material, use) is to be tested, and who asks for it by which standard?",
    ),
    (
        _ABOUT_CHANGE,
        "어떤 제품의 어느 공정(설비·재료·조건)에서 언제부터 무엇이 달라졌습니까?",
        "In which process of which product (equipment, settings) did what change, and when?",
    ),
    (
        _ABOUT_NEW,
        "만들려는 제품이나 가진 기술은 무엇이고, 지금 어느 단계에서 무엇이 막혀 있습니까?",
        "What do you want to make or already have, and what stops you at which stage?",
    ),
    (
        _ABOUT_SUPPORT,
        "지금 공장에서 가장 먼저 풀고 싶은 기술 문제 한 가지는 무엇입니까? (제품과 공정도)",
        "Which one technical problem would you solve first? (Please name product and process.)",
    ),
)
_ELSE: Final = (
    "어떤 제품(재질·크기)을 어떤 공정으로 만드시며, 문제가 언제 어디에서 어떻게 나타납니까?",
    "Which product (material, size) do you make by which process, and how does the problem show?",
)


class EnquiryReader:
    """Reads enquiries, by the examples of this release and the profiles of the institutes."""

    def __init__(
        self,
        phrases: Sequence[Phrase],
        kinds: Sequence[EnquiryKind],
        services: Mapping[str, Sequence[str]],
        encoder: Encoder | None,
        vectors: Vectors | None = None,
    ) -> None:
        """Prepare the examples.

        Args:
            phrases: The institutes' profiles.
            kinds: What is not assigned, with examples.
            services: By service, texts that ask for it, and as `background` what tells nothing.
            encoder: None where it can't run; then words alone decide.
            vectors: Of the `texts_read`, in their order; computed when not given.
        """
        self._encoder = encoder
        self._kinds = {kind.code: kind for kind in kinds}
        everything = [
            *phrases,
            *(Phrase(kind.code, example) for kind in kinds for example in kind.examples),
            *(Phrase(service, example) for service, own in services.items() for example in own),
        ]
        asking = [phrase.institute != BACKGROUND for phrase in everything]
        self._profiles = Profiles(
            [phrase for phrase, asks in zip(everything, asking, strict=True) if asks],
            encoder,
            None if vectors is None else vectors[asking],
        )
        wishes = sum(len(own) for own in services.values())
        self._wishes = Wishes(services, encoder, None if vectors is None else vectors[-wishes:])
        trades: dict[str, set[str]] = {}
        for phrase in phrases:
            for word in phrase.terms:
                trades.setdefault(word, set()).add(phrase.institute)
        self._known = trades.keys()
        self._common = {word for word, own in trades.items() if len(own) > _TELLING}
        for example in (*self._kinds[VAGUE].examples, *services[BACKGROUND]):
            self._common.update(words_of(example))
        self._handicap = np.asarray(
            [_HANDICAP if owner in services else 0 for owner in self._profiles.institutes]
        )

    def read(
        self, text: str, asked: Asked | None = None, *, has_personal_data: bool = False
    ) -> EnquiryProposal:
        """Propose what to do with an enquiry.

        Args:
            text: As it would be shown: personal data already masked.
            asked: The same text, when it was analysed before.
            has_personal_data: Whether masking removed anything.
        """
        asked = asked or Asked.of(text, self._encoder)
        kind = self._kind(text, asked)
        flags = [
            *(["personal_data"] if has_personal_data else []),
            *(["urgent"] if _URGENT.search(text) else []),
        ]
        if kind is not None and kind.code == VAGUE:
            question, question_en = _question(text)
            return EnquiryProposal(
                service=None,
                first_action=FirstAction.SUPPLEMENT_REQUEST,
                flags=("vague", *flags),
                question=question,
                question_en=question_en,
            )
        if kind is not None:
            return EnquiryProposal(
                service="referral",
                first_action=FirstAction.REFER_OUT,
                flags=("misfiled", *flags),
                referral=kind.referral,
                referral_en=kind.referral_en,
            )
        return EnquiryProposal(
            service=self._wishes.service_of(asked),
            first_action=(
                FirstAction.MASK_PII_THEN_ASSIGN if has_personal_data else FirstAction.ASSIGN
            ),
            flags=tuple(flags),
        )

    def _kind(self, text: str, asked: Asked) -> EnquiryKind | None:
        """Why a text is not assigned; None when it is."""
        scores = self._profiles.score(asked)
        if not text.strip() or not scores.institutes or scores.scores.max(initial=0) <= 0:
            return self._kinds.get(VAGUE)
        best = scores.institutes[int((scores.scores - self._handicap).argmax())]
        telling = self._telling(text)
        if best in self._kinds and best != VAGUE:
            return self._kinds[best]
        few = telling < _FEW_WORDS and len(text) < _SHORT
        if few or (best == VAGUE and telling < _SURE_WORDS):
            return self._kinds.get(VAGUE)
        return None

    def _telling(self, text: str) -> float:
        """How many words of a text tell of a trade; those that no profile has are half as sure."""
        words = {word for word in words_of(text) if len(word) > 1} - self._common
        known = len(words & self._known)
        return (known + len(words)) / 2


def texts_read(
    phrases: Sequence[str],
    kinds: Sequence[EnquiryKind],
    services: Mapping[str, Sequence[str]],
) -> list[str]:
    """The texts whose vectors a reader needs, the phrases first."""
    return [
        *phrases,
        *(example for kind in kinds for example in kind.examples),
        *(example for own in services.values() for example in own),
    ]


def _question(text: str) -> tuple[str, str]:
    """The question that helps most, in Korean and English: of what the text leaves open."""
    for pattern, korean, english in _QUESTIONS:
        if pattern.search(text):
            return korean, english
    return _ELSE
