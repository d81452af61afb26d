"""Which of the centre's services a text asks for, learnt from examples of how companies ask.

A linear model over what a text means, how it is worded, and a few telling words. It is fitted in
closed form when it is loaded, so that a changed example takes effect at once; without an encoder
the wording and the words remain. Companies tell their trouble first and their wish in one of the
sentences: that sentence counts as much as the whole.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from matching.encoder import Encoder, Vectors
from matching.profiles import Asked, phrase_vectors
from matching.text import normal_form

Numbers = npt.NDArray[np.float64]

DIFFICULTY: Final = "difficulty"
# What is said beside a wish: among the examples, yet no service.
BACKGROUND: Final = "background"
# How much telling words weigh beside meaning and wording, how far the model keeps from its
# examples, and what a text has for being a difficulty as most are: chosen by leaving out fields of
# the examples, and flat around (docs/matching.md).
_CUE_WEIGHT: Final = 0.3
_RIDGE: Final = 1.0
_USUAL: Final = 0.2
_NO_WISH: Final = frozenset({DIFFICULTY, BACKGROUND})
_GRAM: Final = (2, 3, 4)

_CUES: Final[Mapping[str, re.Pattern[str]]] = {
    wish: re.compile("|".join(patterns), re.IGNORECASE)
    for wish, patterns in {
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
        "development": (
            r"공동\s*(개발|연구|실험)|같이\s*(개발|연구|실험|시험)|함께\s*(개발|연구)|\d+\s*(개월|달)",
            r"\d+\s*(천|백)?\s*(만|억)\s*원|개발(하|중|을|해)|국산화|만들(고|어|려)|joint|co-develop",
        ),
    }.items()
}


class Wishes:
    """Knows the services by examples."""

    def __init__(
        self,
        examples: Mapping[str, Sequence[str]],
        encoder: Encoder | None,
        vectors: Vectors | None = None,
    ) -> None:
        """Fit the model; it takes some hundredths of a second.

        Args:
            examples: By service, texts that ask for it, `difficulty` among them; as `background`
                what is said beside.
            encoder: None where it can't run.
            vectors: Of the examples in their order; computed when not given.
        """
        self._kinds = tuple(examples)
        self._difficulty = self._kinds.index(DIFFICULTY)
        self._wishes = [n for n, kind in enumerate(examples) if kind not in _NO_WISH]
        written = [text for own in examples.values() for text in own]
        if encoder is not None and vectors is None:
            vectors = phrase_vectors(encoder, written)
        texts = [normal_form(text) for text in written]
        self._middle = None if vectors is None else vectors.mean(axis=0)
        found = [_grams(text) for text in texts]
        often = Counter(gram for grams in found for gram in grams)
        # What a single example says tells nothing of the others.
        known = sorted(gram for gram, count in often.items() if count > 1)
        self._place = {gram: place for place, gram in enumerate(known)}
        self._rarity = 1 + np.log((1 + len(texts)) / (1 + np.asarray([often[g] for g in known])))
        is_for = np.repeat(np.arange(len(examples)), [len(own) for own in examples.values()])
        features = self._features(texts, vectors)
        targets: Numbers = 2 * np.eye(len(examples))[is_for] - 1
        # Ridge regression by its dual: there are fewer examples than features.
        self._mean: Numbers = features.mean(axis=0)
        self._bias: Numbers = targets.mean(axis=0)
        centred = features - self._mean
        kernel = centred @ centred.T + _RIDGE * np.eye(len(centred))
        self._weights: Numbers = centred.T @ np.linalg.solve(kernel, targets - self._bias)
        self._bias[self._difficulty] += _USUAL

    def service_of(self, asked: Asked) -> str:
        """The service that a text asks for."""
        features = self._features(asked.parts, np.asarray(asked.vectors))
        scores: Numbers = (features - self._mean) @ self._weights + self._bias
        # The first row is the whole text; it is its only sentence when it has no other.
        sentences = scores[1:] if len(scores) > 1 else scores
        told = np.delete(sentences, self._wishes, axis=1).max(axis=1)
        asks_most = int((sentences[:, self._wishes].max(axis=1) - told).argmax())
        total: Numbers = scores[0] + sentences[asks_most]
        best = max((self._difficulty, *self._wishes), key=lambda kind: float(total[kind]))
        return self._kinds[best]

    def _features(self, texts: Sequence[str], vectors: Vectors | None) -> Numbers:
        """Meaning, wording and telling words of texts, a row each."""
        wording = np.zeros((len(texts), len(self._place)))
        for row, text in enumerate(texts):
            places = [self._place[gram] for gram in _grams(text) if gram in self._place]
            wording[row, places] = self._rarity[places]
        cues = [[bool(cue.search(text)) for cue in _CUES.values()] for text in texts]
        parts = [_unit(wording), np.sqrt(_CUE_WEIGHT) * np.asarray(cues, dtype=float)]
        if self._middle is not None and vectors is not None:
            # All vectors of this encoder point nearly the same way; what differs is what tells.
            parts.append(_unit(vectors.astype(float) - self._middle))
        return np.hstack(parts)


def _grams(text: str) -> frozenset[str]:
    """Runs of a few neighbouring letters: endings tell wishes, and typing errors spare most."""
    plain = f" {' '.join(text.lower().split())} "
    return frozenset(plain[i : i + n] for n in _GRAM for i in range(len(plain) - n + 1))


def _unit(rows: Numbers) -> Numbers:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
