"""Labelled files are read in their forms, and what has none is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from workers.evaluation.forms import UnknownForm, read_labelled

NAMES = {"KIMM": ("한국기계연구원",)}


def labelled(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "labelled.json"
    path.write_text(json.dumps(content), "utf-8")
    return path


def case(**expected: Any) -> dict[str, Any]:
    return {
        "cases": [
            {
                "id": "1",
                "text": "합성 담당자 010-0000-0000",
                "expected": {
                    "service": "difficulty",
                    "institutes_primary": ["KIMM"],
                    "institutes_acceptable": [],
                    "first_action": "assign",
                    **expected,
                },
            }
        ]
    }


@pytest.mark.parametrize("listed", ["010-0000-0000", {"kind": "phone", "text": "010-0000-0000"}])
def test_personal_data_are_listed_plainly_or_with_their_kind(
    tmp_path: Path, listed: object
) -> None:
    file = read_labelled(labelled(tmp_path, case(pii=[listed])), NAMES)

    assert file.labelled[0].personal_data == ("010-0000-0000",)


FORMLESS: list[object] = [
    {},
    [],
    {"cases": [{}]},
    case(pii=[1]),
    case(first_action="wait"),
    [{"qid": "1", "ok": ["KIMM"]}],
]


@pytest.mark.parametrize("content", FORMLESS)
def test_what_has_no_known_form_is_named(tmp_path: Path, content: object) -> None:
    with pytest.raises(UnknownForm, match=r"labelled\.json"):
        read_labelled(labelled(tmp_path, content), NAMES)
