"""The pages speak Korean completely, and English everywhere else."""

import re
from datetime import UTC, datetime
from typing import get_args

import pytest
from fastapi import Request

from api.pages.languages import WORDS, Language, catalogue, language_of
from schemas.outcome import OUTCOMES, TaskKind
from schemas.policy import Clock
from tests.api.pages.messages import labels, sentences

KOREAN = WORDS[Language.KOREAN]
ENGLISH = WORDS[Language.ENGLISH]


def asking(query: str = "", accept: str = "", cookie: str = "") -> Request:
    headers = [(b"accept-language", accept.encode()), (b"cookie", cookie.encode())]
    return Request({"type": "http", "query_string": query.encode(), "headers": headers})


def test_every_sentence_on_the_pages_has_a_korean_text() -> None:
    missing = sentences() - set(catalogue(Language.KOREAN))

    assert not missing, sorted(missing)


@pytest.mark.parametrize("language", Language)
def test_every_code_on_the_pages_has_a_label(language: Language) -> None:
    known = set(catalogue(language))
    missing = {
        path
        for path in labels()
        if not any(".".join((path[0], *path[start:])) in known for start in range(1, len(path)))
    }

    assert not missing, sorted(missing)


def test_a_decision_is_set_apart_from_its_task_in_the_journal() -> None:
    decided = {"kind": "screen_case", "decision": "proceed"}

    assert ENGLISH.entry("task:work:completed", decided, {}).endswith(" – Go on")
    assert "–" not in ENGLISH.entry("task:work:completed", {"kind": "screen_case"}, {})


def test_no_english_text_stands_under_an_id_that_korean_does_not_know() -> None:
    ones = {message for message in catalogue(Language.ENGLISH) if message.endswith(".one")}

    assert set(catalogue(Language.ENGLISH)) - ones <= set(catalogue(Language.KOREAN))


@pytest.mark.parametrize(
    ("query", "accept", "cookie", "expected"),
    [
        ("", "", "", Language.KOREAN),
        ("", "en-GB,en;q=0.9", "", Language.ENGLISH),
        ("", "fr,ko;q=0.8,en;q=0.5", "", Language.KOREAN),
        ("", "en", "center1379_language=ko", Language.KOREAN),
        ("lang=en", "ko", "center1379_language=ko", Language.ENGLISH),
        ("lang=xx", "en", "", Language.ENGLISH),
    ],
)
def test_the_reader_chooses_the_language(
    query: str, accept: str, cookie: str, expected: Language
) -> None:
    assert language_of(asking(query, accept, cookie)) is expected


def test_times_are_shown_as_in_korea() -> None:
    at = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)

    assert KOREAN.moment(at) == "2026년 11월 24일(화) 00:30"
    assert ENGLISH.moment(at) == "Tue 24 Nov 2026, 00:30"


def test_lengths_say_which_clock_counts_them() -> None:
    assert KOREAN.length("PT24H", Clock.WORKING_HOURS) == "근무시간 기준 24시간"
    assert ENGLISH.length("PT24H", Clock.WORKING_HOURS) == "24 hours of working time"
    assert ENGLISH.length("P1D", Clock.CALENDAR_DAYS) == "1 day, counted in calendar days"
    assert ENGLISH.length("P1Y2M", Clock.CALENDAR) == "14 months by the calendar"


def test_the_label_of_one_field_goes_before_the_common_one() -> None:
    assert KOREAN.label("option", "accept_case", "decision", "accept") == "수락"
    assert KOREAN.label("option", "choose_solution", "decision", "accept") == "제안을 받아들입니다"


def test_the_figures_of_a_round_stand_in_the_order_in_which_they_are_read() -> None:
    # As the database gives them back: by length, then by letter.
    stored = {"round": "x", "sheets": "3", "reserve": "1", "selected": "2", "few_scores": "1"}

    shown = [name for name, _ in KOREAN.in_order(stored)]

    assert shown == ["round", "selected", "reserve", "few_scores", "sheets"]


def test_a_code_without_a_label_is_shown_as_words() -> None:
    assert ENGLISH.label("option", "sold_with_guidance") == "Sold with guidance"


def test_journal_entries_are_told_with_their_codes_and_times_in_words() -> None:
    detail = {"promise": "first_contact", "due_at": "2026-11-26T09:00:00+00:00"}

    assert KOREAN.entry("case:promise:made", detail, {}) == (
        "약속: 담당 기관의 첫 연락, 2026년 11월 26일(목) 18:00까지"
    )
    assert ENGLISH.entry("case:offer:made", {"institute": "KITECH"}, {"KITECH": "Demo"}) == (
        "Offered to Demo"
    )


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (kind, field)
        for kind, model in OUTCOMES.items()
        for field in ("decision", "goal")
        if field in model.model_fields
    ],
)
def test_every_answer_is_told_in_the_words_of_its_form(kind: TaskKind, field: str) -> None:
    for answer in get_args(OUTCOMES[kind].model_fields[field].annotation):
        told = KOREAN.entry("task:work:completed", {"kind": kind.value, "decision": answer}, {})

        assert told.endswith(KOREAN.label("option", kind.value, field, answer))
        assert not re.search("[a-z]", told), told
