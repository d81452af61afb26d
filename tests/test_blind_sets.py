"""The texts that figures are reported on are well formed; nothing that the engine has is near."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.reference_files import (
    LABELLED,
    enquiry_kinds,
    institute_names,
    institute_phrases,
    service_examples,
)
from schemas.case import Service
from workers.evaluation.forms import Form, read_labelled

BLIND = Path(__file__).parents[1] / "bench" / "blind"
NEAR = 0.5
SETS = {
    "difficulties.json": (Form.INSTITUTES, 75),
    "difficulties_either_label.json": (Form.INSTITUTES, 75),
    "enquiries.json": (Form.CASES, 60),
    "enquiries_after_learning.json": (Form.CASES, 60),
}


def triples(text: str) -> frozenset[str]:
    plain = "".join(letter for letter in text.lower() if letter.isalnum())
    return frozenset(plain[i : i + 3] for i in range(len(plain) - 2))


@pytest.mark.parametrize("name", SETS)
def test_a_blind_set_is_well_formed(name: str) -> None:
    form, count = SETS[name]
    file = read_labelled(BLIND / name, institute_names())

    assert file.form is form
    assert len({label.id for label in file.labelled}) == len(file.labelled) == count
    for label in file.labelled:
        assert set(label.relevance) <= set(institute_names())
        assert set(label.services or ()) <= {*Service, "referral", None}
        assert all(secret in label.text for secret in label.personal_data)


def test_both_labellers_name_the_same_institute_first() -> None:
    first, second, either = (
        {row["qid"]: row for row in rows(name)}
        for name in (
            "difficulties.json", "second_labels.json", "difficulties_either_label.json",
        )
    )  # fmt: skip

    assert first.keys() == second.keys() == either.keys()
    for key, row in first.items():
        assert row["gold"] == second[key]["gold"] == either[key]["gold"]
        assert set(either[key]["ok"]) == {*row["ok"], *second[key]["ok"]}


def rows(name: str) -> list[dict[str, Any]]:
    return json.loads((BLIND / name).read_text("utf-8"))


def test_nothing_that_the_engine_has_is_near_a_blind_text() -> None:
    names = institute_names()
    had = [text for _, _, text in institute_phrases()]
    had += [example for _, own, _, _ in enquiry_kinds() for example in own]
    had += [example for own in service_examples().values() for example in own]
    had += [label.text for label in read_labelled(LABELLED, names).labelled]
    ours = [triples(text) for text in had]

    for name in ("difficulties.json", "enquiries.json", "enquiries_after_learning.json"):
        for label in read_labelled(BLIND / name, names).labelled:
            own = triples(label.text)
            nearest = max(len(own & other) / max(len(own | other), 1) for other in ours)
            assert nearest < NEAR, label.id
