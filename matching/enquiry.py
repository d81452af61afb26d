"""How an enquiry reads: what is asked for, and whether it can be assigned as it is.

Misfiled and vague texts are recognised as institutes are: their examples are profiles beside the
institutes' own, and whichever answers best names the kind. What service is asked for follows from
general cues. Everything here is a proposal to the person at the desk.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matching.encoder import Encoder, Vectors
from matching.profiles import Asked, Phrase, Profiles
from matching.text import words_of
from schemas.designation import EnquiryProposal, FirstAction

VAGUE: Final = "VAGUE"
# A short text with few words of a trade can't be assigned however near it is to some profile.
_FEW_WORDS: Final = 2
_SHORT: Final = 90
_SURE_WORDS: Final = 5
# In how many of the profiles a word may occur and still say something of the field.
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


@dataclass(frozen=True)
class _Cue:
    service: str
    pattern: re.Pattern[str]


# In this order: the rarer wish is the surer one.
_CUES: Final = tuple(
    _Cue(service, re.compile("|".join(patterns), re.IGNORECASE))
    for service, patterns in {
        "exchange": (
            r"파견|상주|인력\s*교류|교류를|기술\s*고문|겸직|secondment|residence",
            r"(연구원|박사|개발자|직원).{0,25}(와\s*계|와서\s*근무|보내서|보내\s*배우)",
        ),
        "transfer": (
            r"기술\s*이전|이전\s*(받|조건|해\s*주)|실시권|라이선스|라이센스|기술료|licen[cs]e",
            r"특허를\s*(쓰|사용)|기술을\s*사(고|서|오)",
        ),
        "information": (
            r"시장\s*(규모|조사|전망|동향|정보)|시장이\s*얼마|동향|로드맵|기술\s*가치|사업성|통계",
            r"논문(을|이|과|\s+DB|\s+흐름)|경쟁사\s*(특허|현황)|보고서를\s*구|자료(를|가|는)\s*(받|필요|구|어디)",
            r"절차를\s*(알려|모르)|등록\s*절차|정책.{0,12}(정보|어떻게)|어떻게\s*(신청|가입)",
            r"국제\s*기구|기금|크레딧|탄소\s*배출권|market\s+(size|data|information)",
        ),
        "equipment": (
            r"(시험|측정|분석|교정|검사|해석|관찰|촬영|멸균)(을|를)?\s*(받|의뢰|맡기|신청|해\s*볼|할\s*수)",
            r"성적서|장비.{0,15}(빌|이용|사용|예약|쓰)|시설.{0,15}(이용|사용|있|필요)|빌려|예약|의뢰",
            r"시험기가\s*없|시험.{0,8}(어디|비용|일정)|교정(을|\s*받|$)|인정\s*받을|calibrat|certificate",
            r"하는\s*(곳|시설)이\s*있|where can we",
        ),
        "guidance": (
            r"자문|조언|상담|지도|컨설팅|봐\s*주|알려\s*주|가르쳐|궁금|모르겠|배워야|방향이\s*맞",
            r"어떻게\s*(해야|하나|하면|준비|산정)|advice|guidance|consult",
        ),
    }.items()
)
_MONEY_OR_TIME: Final = re.compile(
    r"공동\s*(개발|연구|실험)|같이\s*(개발|연구|실험|시험)|함께\s*(개발|연구)|\d+\s*(개월|달)"
    r"|\d+\s*(천|백)?\s*(만|억)\s*원|개발(하|중|을|해)|국산화|만들(고|어|려)|joint|co-develop"
)
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
        encoder: Encoder | None,
        vectors: Vectors | None = None,
    ) -> None:
        """Prepare the examples.

        Args:
            phrases: The institutes' profiles.
            kinds: What is not assigned, with examples.
            encoder: None where it can't run; then words alone decide.
            vectors: Of the phrases and then of the kinds' examples; computed when not given.
        """
        self._encoder = encoder
        self._kinds = {kind.code: kind for kind in kinds}
        everything = [
            *phrases,
            *(Phrase(kind.code, example) for kind in kinds for example in kind.examples),
        ]
        self._profiles = Profiles(everything, encoder, vectors)
        trades: dict[str, set[str]] = {}
        for phrase in phrases:
            for word in phrase.terms:
                trades.setdefault(word, set()).add(phrase.institute)
        self._telling = {w for w, own in trades.items() if len(own) <= _TELLING and len(w) > 1}

    def read(
        self, text: str, asked: Asked | None = None, *, has_personal_data: bool = False
    ) -> EnquiryProposal:
        """Propose what to do with an enquiry.

        Args:
            text: As it would be shown: personal data already masked.
            asked: The same text, when it was analysed before.
            has_personal_data: Whether masking removed anything.
        """
        kind = self._kind(text, asked or Asked.of(text, self._encoder))
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
            service=service_of(text),
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
        best = scores.institutes[int(scores.scores.argmax())]
        telling = len(self._telling.intersection(words_of(text)))
        if best in self._kinds and best != VAGUE:
            return self._kinds[best]
        few = telling < _FEW_WORDS and len(text) < _SHORT
        if few or (best == VAGUE and telling < _SURE_WORDS):
            return self._kinds.get(VAGUE)
        return None


def service_of(text: str) -> str:
    """The service that a text asks for, by its cues; a difficulty when it gives none."""
    for cue in _CUES:
        if cue.pattern.search(text):
            if cue.service == "guidance" and _MONEY_OR_TIME.search(text):
                return "difficulty"
            return cue.service
    return "difficulty"


def _question(text: str) -> tuple[str, str]:
    """The question that helps most, in Korean and English: of what the text leaves open."""
    for pattern, korean, english in _QUESTIONS:
        if pattern.search(text):
            return korean, english
    return _ELSE
