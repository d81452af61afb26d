"""Korean text as words that can be compared: content morphemes, lower case, one form."""

import unicodedata
from functools import cache
from typing import Final, cast

from kiwipiepy import (  # pyright: ignore[reportMissingTypeStubs]  # the package has none
    Kiwi,
    Token,
)

# Nouns, roots, verbs, adjectives, foreign words and numbers carry the matter; the rest is grammar.
_CONTENT: Final = frozenset({"NNG", "NNP", "XR", "VV", "VA", "SL", "SN"})
# Words of asking and of patents, which say nothing about the field.
_EMPTY: Final = frozenset(
    {
        "있", "하", "되", "않", "없", "같", "싶", "알", "주", "받", "회사", "업체", "문제", "방법",
        "발명", "견본", "경우", "정도", "생각", "필요", "도움", "요청", "해결", "기술", "적용",
        "분야", "효과", "이용", "저희", "우리", "어떻", "어떤", "부탁", "드리", "가능", "지원",
        "개발", "연구",
    }
)  # fmt: skip
_LONGEST: Final = 20_000


@cache
def _kiwi() -> Kiwi:
    """The analyser; loading its model takes seconds, so once a process and when first needed."""
    return Kiwi(num_workers=1)


def words_of(text: str) -> list[str]:
    """The content words of a text, in order, repeated as often as they occur.

    Args:
        text: Any text; what is longer than 20,000 characters is cut.
    """
    normal = unicodedata.normalize("NFKC", text)[:_LONGEST]
    # One text gives one list of tokens; the annotation also covers lists of texts.
    tokens = cast("list[Token]", _kiwi().tokenize(normal))
    found = [token.form.lower() for token in tokens if token.tag in _CONTENT]
    return [word for word in found if word not in _EMPTY]
