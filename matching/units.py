"""Quantities in one form: 10㎛, 10 um, 10마이크로미터 and 10 micrometers are all `10um`."""

import re
from typing import Final

_NAMES: Final = {
    "um": ("µm", "μm", "마이크로미터", "마이크로메타", "미크론", "마이크론", "micrometers?"),
    "nm": ("나노미터", "나노메타", "nanometers?"),
    "mm": ("밀리미터", "미리미터", "밀리", "millimeters?"),
    "cm": ("센티미터", "센치미터", "센티", "centimeters?"),
    "km": ("킬로미터", "kilometers?"),
    "m": ("미터", "meters?"),
    "ug": ("µg", "μg", "마이크로그램"),
    "mg": ("밀리그램",),
    "kg": ("킬로그램", "킬로그람", "kilograms?"),
    "g": ("그램", "그람", "grams?"),
    "ul": ("µl", "μl", "마이크로리터"),
    "ml": ("밀리리터",),
    "l": ("ℓ", "리터", "liters?"),
    "kv": ("킬로볼트",),
    "mv": ("밀리볼트",),
    "v": ("볼트", "volts?"),
    "ma": ("밀리암페어",),
    "a": ("암페어", "amperes?"),
    "kwh": ("킬로와트시",),
    "kw": ("킬로와트", "kilowatts?"),
    "w": ("와트", "watts?"),
    "ghz": ("기가헤르츠",),
    "mhz": ("메가헤르츠",),
    "khz": ("킬로헤르츠",),
    "hz": ("헤르츠",),
    "gpa": ("기가파스칼",),
    "mpa": ("메가파스칼",),
    "kpa": ("킬로파스칼",),
    "pa": ("파스칼",),
    "c": ("°c", "도씨", "degrees celsius"),
    "%": ("퍼센트", "프로", "percent"),
    "ppm": ("피피엠",),
    "ppb": (),
    "rpm": ("알피엠",),
    "db": ("데시벨",),
    "bar": (),
    "lm": ("루멘",),
    "ton": ("톤", "tons?"),
}  # fmt: skip
_UNIT_OF: Final = [
    (unit, re.compile(name)) for unit, names in _NAMES.items() for name in (unit, *names)
]
# Longer names first, or 밀리 would be taken out of 밀리미터. A Latin unit ends with the word, a
# Korean one may be followed by a particle.
_PATTERNS: Final = sorted(
    {name for unit, names in _NAMES.items() for name in (unit, *names)}, key=lambda n: (-len(n), n)
)
_QUANTITY: Final = re.compile(
    rf"(?<![\w.])(섭씨\s*)?(\d+(?:,\d{{3}})*(?:\.\d+)?)\s*({'|'.join(_PATTERNS)}|도)(?![a-z0-9])",
    re.IGNORECASE,
)


def with_plain_units(text: str) -> str:
    """The text with each quantity as digits and a unit in Latin letters, without a space.

    Args:
        text: In compatibility form (NFKC), which already turns ㎛ into μm and ℃ into °C.
    """
    return _QUANTITY.sub(_plain, text)


def _plain(found: re.Match[str]) -> str:
    celsius, number, unit = found.groups()
    digits = number.replace(",", "")
    lower = unit.lower()
    if lower == "도":  # degrees, when the text says of what; otherwise it may be an angle or a word
        return f"{digits}c" if celsius else found[0]
    for plain, name in _UNIT_OF:
        if name.fullmatch(lower):
            return f"{digits}{plain}"
    return found[0]
