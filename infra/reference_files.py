"""Reference data of this release as it is packed: profiles, enquiry examples, synonyms, names.

A centre reads the same from its tables, where staff may have changed them.
"""

import csv
import json
import tomllib
from pathlib import Path
from typing import Any, Final

_DATA: Final = Path(__file__).parent / "reference"

LABELLED: Final = _DATA / "labelled_difficulties.json"


def institute_phrases() -> list[tuple[str, str, str]]:
    """Institute, sort of phrase and phrase, of every profile."""
    profiles = tomllib.loads((_DATA / "institute_profiles.toml").read_text("utf-8"))
    return [
        (institute, sort, line)
        for institute, sorts in profiles.items()
        for sort, lines in sorts.items()
        for line in _lines(lines)
    ]


def institute_names() -> dict[str, tuple[str, ...]]:
    """By code, every name an institute has or had."""
    rows: list[dict[str, Any]] = json.loads((_DATA / "institutes.json").read_text("utf-8"))
    return {row["code"]: (row["name_ko"], row["name_en"], *row["aliases"]) for row in rows}


def enquiry_kinds() -> list[tuple[str, tuple[str, ...], str, str]]:
    """Kinds of enquiries that aren't assigned: code, examples, referral in Korean and English."""
    kinds = tomllib.loads((_DATA / "enquiry_examples.toml").read_text("utf-8"))
    return [
        (
            code.upper(),
            _lines(kind["examples"]),
            kind.get("referral", ""),
            kind.get("referral_en", ""),
        )
        for code, kind in kinds.items()
    ]


def service_examples() -> dict[str, tuple[str, ...]]:
    """By service, how companies ask for it."""
    services = tomllib.loads((_DATA / "service_examples.toml").read_text("utf-8"))
    return {code: _lines(service["examples"]) for code, service in services.items()}


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def synonym_pairs() -> list[tuple[str, str]]:
    """What companies say, and another word for the same; each pair holds both ways."""
    path = _DATA / "synonyms.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["word"], row["synonym"]) for row in csv.DictReader(file)]


def synonyms(pairs: list[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """By word the other words for the same, in both directions."""
    found: dict[str, dict[str, None]] = {}
    for word, other in pairs:
        found.setdefault(word, {})[other] = None
        found.setdefault(other, {})[word] = None
    return {word: tuple(others) for word, others in found.items()}
