"""Personal data in free text: what is removed before the first write, and what is masked (U24).

Patterns find numbers and addresses, and names where something says that one follows: a role, a
title, "my name is". Other names can't be found this way; the form asks not to write them, and only
handlers read the original.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class PersonalDataKind(StrEnum):
    """What was found in a text."""

    RESIDENT_NUMBER = "resident_number"
    EMAIL = "email"
    CARD_NUMBER = "card_number"
    PHONE = "phone"
    ACCOUNT_NUMBER = "account_number"
    NAME = "name"


@dataclass(frozen=True)
class Masked:
    """A text in the two forms in which it may be stored.

    Attributes:
        kept: As written, but without resident registration numbers: what handlers read.
        masked: Without any personal data that could be found: what everybody else reads.
        kinds: What was found, in the order of `PersonalDataKind`.
    """

    kept: str
    masked: str
    kinds: tuple[PersonalDataKind, ...]


# Korean keyboards also make wide digits.
_ASCII_DIGITS: Final = {0xFF10 + digit: str(digit) for digit in range(10)}
_SEPARATOR: Final = r"[\s.\-_/~\u00b7\u2010-\u2015\u2212\uff0d\uff0e]"
# Whoever writes what was dictated, or hides from machines, spells: 공일공에 일이삼사에 오육칠팔.
_DIGIT: Final = "[0-9공영일이삼사오육륙칠팔구]"
_BREAK: Final = rf"(?:{_SEPARATOR}|에|다시){{0,3}}"
# Six digits of a birth date, then 1-8: sex, century, foreigner. Corporation numbers look alike, but
# their seventh digit is 0. Stars hide the rest of some, yet the date and the sex stand there.
# After the words for it everything of its length is one, however it is spaced or spelt.
_RESIDENT_NUMBER: Final = re.compile(
    rf"(?<!\d)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]){_SEPARATOR}{{0,3}}[1-8]"
    rf"(?:{_SEPARATOR}?[\d*]){{6}}(?!\d)"
    r"|(?:주민|외국인)\s?(?:등록)?\s?번호[^\d\n]{0,8}?"
    rf"(?P<number>{_DIGIT}(?:{_BREAK}{_DIGIT}){{12}})(?!\d)"
)
_AT: Final = r"(?:\s?[@\uff20]\s?|\s?[(\[]\s?at\s?[)\]]\s?|\s?골뱅이\s?)"
_DOT: Final = r"(?:[.\uff0e]|\s?[(\[]\s?dot\s?[)\]]\s?|\s?[점닷]\s?)"
_EMAIL: Final = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}"
    # Spelt or spaced, it ends in letters: "5 @ 1.5" is a measurement.
    rf"|(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{{1,64}}{_AT}"
    rf"(?:[A-Za-z0-9-]{{1,63}}|네이버|한메일|다음|지메일|네이트)"
    rf"(?:{_DOT}[A-Za-z0-9-]{{1,63}}){{0,3}}{_DOT}(?:[A-Za-z]{{2,63}}|컴|넷)",
    re.IGNORECASE,
)
_CARD: Final = re.compile(rf"(?<!\d)\d{{4}}(?:{_SEPARATOR}?\d{{4}}){{3}}(?!\d)")
# No number of a patent (10-2012-0012345), a standard or a part begins like these.
_PHONE: Final = re.compile(
    rf"(?<![\d-])(?<!\d\.)(?:\(?(?:[+\uff0b]|00)?82\)?{_SEPARATOR}?(?:\(?0\)?)?|\(?0)"
    rf"(?:1[016-9]|2|[3-6]\d|70|50\d)\)?{_SEPARATOR}{{0,3}}\d{{3,4}}{_SEPARATOR}{{0,3}}\d{{4}}"
    r"(?![\d-])"
    rf"|(?<![\d가-힣-])(?<!\d\.)[0oO공영]\s?[1일]\s?[0oO공영](?:{_BREAK}{_DIGIT}){{8}}(?!\d)"
)
# Names of banks are common words (국민, 기업, 하나): these need a number with hyphens, which is not
# that of a business (3-2-5) or a patent (2-4-7). Four groups at most: more are a list of values.
_ACCOUNT: Final = re.compile(
    r"(?:계좌(?!추적)|통장|은행(?!나무|잎|열매)|뱅크|농협|수협|신협|새마을금고|우체국|예금주|account|bank)"
    r"[^\d\n]{0,20}(?P<number>(?!(?:19|20)\d\d[ .-]\d\d?[ .-])"
    r"(?=(?:[ .\-\u2010-\u2015\uff0d]?\d){10,16}(?![ -]?\d))"
    r"\d+(?:[ .\-\u2010-\u2015\uff0d]\d+){0,3})(?![ -]?\d)"
    r"|(?<![가-힣])(?:국민|신한|우리|하나|기업|제일|대구|부산|전북|광주|토스|케이|산업)\s"
    r"(?P<hyphened>(?!\d{3}-\d{2}-\d{5}(?!\d))(?!\d\d-\d{4}-\d{7}(?!\d))"
    r"(?=(?:-?\d){10,16}(?![\d-]))\d+(?:-\d+){2,3})",
    re.IGNORECASE,
)
# The surnames of all but a few in a thousand; rarer ones begin too many common words.
_SURNAME: Final = (
    "(?:남궁|황보|제갈|선우|독고|[김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구"
    "민류나진지엄채원천방공현함변염추도석설길])"
)
_ROLE: Final = (
    "(?:담당자?|책임자|책임연구원|연구원|대표이사|대표|사장|전무|상무|이사|공장장|연구소장|소장|실장|본부장|부장|차장|과장"
    "|팀장|계장|대리|주임|반장|사원|박사)"
)
_FIELD: Final = "(?:이름|성명|성함|작성자|신청자|신청인|예금주|보낸\\s?(?:이|사람))"
# Not a name but a department, a firm, somebody's function, or a word with its particle.
_NO_NAME_END: Final = "(?<![부팀실과소사자장는을를된할에의])"
_NO_NAME: Final = "(?!연구|연락|전문|전화|공무|이메일|이름|주소|문의|우주)"
_NAME: Final = rf"(?P<number>{_NO_NAME}{_SURNAME}[가-힣]{{2}}){_NO_NAME_END}"
_NAME_AFTER: Final = re.compile(
    rf"(?:{_ROLE}|{_FIELD})(?:님|은|는|이|가|:|：)?\s*(?<=[\s:：])"
    rf"(?:{_ROLE}(?:님)?(?:은|는)?\s+)?"
    rf"(?P<number>{_SURNAME}[가-힣]{{1,2}}){_NO_NAME_END}"
    rf"(?=\s*(?:{_ROLE}|님|씨|이고|입니다|이며|이라고|라고|에게|한테|께|,|\.|\(|\)|\[|\d|/|연락|전화|$))"
)
_NAME_BEFORE: Final = re.compile(
    rf"(?<![가-힣])(?P<number>{_SURNAME}[가-힣]{{2}}){_NO_NAME_END}\s"
    rf"(?:(?!대표\s){_ROLE}(?:님|입니다|이고|에게|한테|께|이라고|[\s,.(\[]|$)|씨(?:[\s,.는가]|$))"
)
# 차장 and 담당 are left out: 지하주차장.
_TITLE: Final = "(?:대표이사|대표|사장|전무|상무|이사|실장|부장|과장|팀장|대리|주임|박사|연구원)"
# Written together, signed, introduced, or beside a number that was masked before.
_NAME_BESIDE: Final = re.compile(
    rf"(?<![가-힣]){_NAME}"
    rf"(?:(?:씨|님|{_TITLE}님?)(?:은|는|이|가|와|의|도|께|에게|한테|입니다|이고)?(?![가-힣])"
    rf"|\s?(?:드림|올림|배상)(?![가-힣])"
    rf"|\s?\({_ROLE}\)"
    rf"|\s?[(,:/]?\s?\[(?:전화번호|전자우편) 가림\])"
)
_NAME_SAID: Final = re.compile(
    rf"(?:저는|제가)\s{_NAME}(?=(?:이)?라고\s?(?:합니다|하는|하고|해요|불))"
    r"|(?:[Mm]y name is|\b(?:Mr|Mrs|Ms|Dr|Prof)\b\.?|\b(?:[Cc]ontact|[Aa]ttn|[Nn]ame)\s?:)\s+"
    r"(?P<latin>[A-Z][a-z]+(?:-[a-z]+)?(?:[ -][A-Z][a-z]+){0,2})"
)
_LABELS: Final = {
    PersonalDataKind.RESIDENT_NUMBER: "[주민등록번호 삭제]",
    PersonalDataKind.EMAIL: "[전자우편 가림]",
    PersonalDataKind.CARD_NUMBER: "[카드번호 가림]",
    PersonalDataKind.PHONE: "[전화번호 가림]",
    PersonalDataKind.ACCOUNT_NUMBER: "[계좌번호 가림]",
    PersonalDataKind.NAME: "[이름 가림]",
}


def mask(text: str) -> Masked:
    """Remove resident registration numbers from `text` and blank out other personal data."""
    kept, removed = _replace(
        text.translate(_ASCII_DIGITS), _RESIDENT_NUMBER, PersonalDataKind.RESIDENT_NUMBER
    )
    found = {PersonalDataKind.RESIDENT_NUMBER} if removed else set[PersonalDataKind]()
    masked = kept
    for kind, pattern, is_meant in _MASKED_ONLY:
        masked, count = _replace(masked, pattern, kind, is_meant)
        if count:
            found.add(kind)
    return Masked(kept, masked, tuple(kind for kind in PersonalDataKind if kind in found))


def without_resident_numbers(text: str) -> str:
    """`text` as it may be stored: resident registration numbers may not (L5 제24조의2)."""
    plain = text.translate(_ASCII_DIGITS)
    return _replace(plain, _RESIDENT_NUMBER, PersonalDataKind.RESIDENT_NUMBER)[0]


def _replace(
    text: str,
    pattern: re.Pattern[str],
    kind: PersonalDataKind,
    is_meant: Callable[[str], bool] = bool,
) -> tuple[str, int]:
    count = 0

    def blank(match: re.Match[str]) -> str:
        nonlocal count
        # Of the named parts of a pattern one at most is found; without any it is all meant.
        number = match[match.lastgroup] if match.lastgroup else match[0]
        if not is_meant(number):
            return match[0]
        count += 1
        return match[0].replace(number, _LABELS[kind])

    return pattern.sub(blank, text), count


def _is_card_number(text: str) -> bool:
    """Whether the check digit fits (Luhn): other sixteen digits are serial or part numbers."""
    digits = [int(character) for character in text if character.isdigit()]
    return _luhn_sum(reversed(digits)) % 10 == 0


def _luhn_sum(digits: Iterable[int]) -> int:
    return sum(
        digit if place % 2 == 0 else sum(divmod(digit * 2, 10))
        for place, digit in enumerate(digits)
    )


_MASKED_ONLY: Final = (
    (PersonalDataKind.EMAIL, _EMAIL, bool),
    (PersonalDataKind.CARD_NUMBER, _CARD, _is_card_number),
    (PersonalDataKind.PHONE, _PHONE, bool),
    (PersonalDataKind.ACCOUNT_NUMBER, _ACCOUNT, bool),
    (PersonalDataKind.NAME, _NAME_AFTER, bool),
    (PersonalDataKind.NAME, _NAME_BEFORE, bool),
    (PersonalDataKind.NAME, _NAME_BESIDE, bool),
    (PersonalDataKind.NAME, _NAME_SAID, bool),
)
