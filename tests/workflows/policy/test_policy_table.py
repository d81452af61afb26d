"""Policy files: the default, and what an overriding file may say."""

import re
from pathlib import Path

import pytest

from schemas.policy import Clock, Limit, Period, PolicyStatus, PolicyValue
from workers.policy_files import default_policy
from workflows.policy.policy_table import PolicyFileError, override

DOCS = Path(__file__).parents[3] / "docs"
FIVE = Limit(op="<", value=5)
TWO_WEEKS = Period(length="P2W", clock=Clock.CALENDAR)


def test_every_value_of_the_default_says_what_it_rests_on() -> None:
    policy = default_policy()

    assert len(policy.entries) > 160
    for key, entry in policy.entries.items():
        assert entry.status in PolicyStatus, key
        if entry.status in {PolicyStatus.SEED, PolicyStatus.SEED_CONFLICT}:
            assert entry.source_quote, key


def test_a_bare_length_keeps_the_clock() -> None:
    changed = override(
        default_policy(), 'version = "x"\n[values]\n"intake.promise.total" = "PT16H"'
    )

    assert changed.pinned().period("intake.promise.total") == Period(
        length="PT16H", clock=Clock.WORKING_HOURS
    )
    assert changed.entries["intake.promise.total"].status is PolicyStatus.PROPOSED
    assert not changed.is_test


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('version = "x"\n[values]\n"intake.promise" = "PT16H"', "is not in the policy table"),
        ('version = "x"\n[values]\n"intake.promise.total" = 16', "needs a period"),
        ('version = "x"\n[values]\n"intake.promise.total" = "16 hours"', "ISO 8601"),
        ('version = "x"\n[values]\n"intake.promise.total" = "P1M"', "does not fit its clock"),
        (
            'version = "x"\n[values]\n"reopen.window" = { length = "PT9S", clock = "elapsed" }',
            "a test policy counts by",
        ),
        ('version = "x"\nclock = "WH"', "only clock"),
        ('version = "x"\nvalue = 3', "“value” is not known"),
        ("[values]", "needs a version"),
        ("version = ", "no TOML"),
        ('version = "x"\n[values]\n"reopen.max" = "many"', "needs a whole number"),
        ('version = "x"\n[values]\n"reopen.max" = 2.5', "needs a whole number"),
        ('version = "x"\n[values]\n"reopen.max" = -1', "needs a whole number"),
        ('version = "x"\n[values]\n"reopen.max" = true', "needs a whole number"),
        ('version = "x"\n[values]\n"dup.similarity" = 80', "needs a number from 0 to 1"),
        ('version = "x"\n[values]\n"dup.similarity" = nan', "needs a number from 0 to 1"),
        ('version = "x"\n[values]\n"ladder.remind_at" = ["P1D"]', "no policy can have"),
        ('version = "x"\n[values]\n"survey.remind" = [5, 10]', "needs a list of periods"),
        ('version = "x"\n[values]\n"track.short.budget" = 30', "needs a limit"),
        ('version = "x"\n[values]\n"intake.promise.total" = "P3D"', "counts hours"),
        ('version = "x"\n[values]\n"intake.promise.total" = "PT0S"', "does not fit its clock"),
        ('version = "x"\n[values]\n"info.simple" = "PT8H"', "counts whole days"),
        ('version = "x"\n[values]\n"info.simple" = "P0.5D"', "counts whole days"),
        ('version = "x"\n[values]\n"info.simple" = "-P3D"', "does not fit its clock"),
        ('version = "x"\n[values]\n"survey.close" = "P1M"', "counts whole days"),
        ('version = "x"\n[values]\n"info.simple" = "P40000D"', "longer than a hundred years"),
        ('version = "x"\n[values]\n"info.simple" = "P9999999999D"', "ISO 8601"),
        ('version = "x"\n[values]\n"clock.workday.spans" = "9 to 6"', "is not written like"),
        ('version = "x"\n[values]\n"clock.workday.spans" = "09:00-18:00"', "eight working hours"),
        (
            'version = "x"\n[values]\n"clock.workday.spans" = "13:00-17:00 09:00-13:00"',
            "in their order",
        ),
        ('version = "x"\nvalues = 3', "is a table"),
        ('version = "x"\nday = "PT1S"', "for test policies"),
        ('version = "x"\nclock = "elapsed"\nday = "P1M"', "a second or more"),
        ('version = "x"\nclock = "elapsed"\nday = "PT0S"', "a second or more"),
        ('version = "quick test"', "letters, digits"),
        (
            'version = "x"\nclock = "elapsed"\n[values]\n"dup.window" = {length="P9D",clock="CD"}',
            "a test policy counts by",
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_which_key_and_why(text: str, complaint: str) -> None:
    with pytest.raises(PolicyFileError, match=complaint):
        override(default_policy(), text)


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ('"ladder.remind_at" = []', "ladder.remind_at", ()),
        ('"survey.remind" = []', "survey.remind", ()),
        ('"reopen.max" = 0', "reopen.max", 0),
        ('"dup.similarity" = 1', "dup.similarity", 1),
        ('"track.short.budget" = { op = "<", value = 5 }', "track.short.budget", FIVE),
        ('"info.simple" = { length = "P2W", clock = "CAL1" }', "info.simple", TWO_WEEKS),
    ],
)
def test_a_value_of_the_same_form_is_taken(line: str, key: str, value: PolicyValue) -> None:
    policy = override(default_policy(), f'version = "x"\n[values]\n{line}')

    assert policy.entries[key].value == value


def test_the_files_in_the_handbook_can_be_used() -> None:
    handbook = DOCS.joinpath("policy.md").read_text("utf-8")
    files = [
        *re.findall(r"```toml\n(.*?)```", handbook, re.DOTALL),
        *(path.read_text("utf-8") for path in DOCS.glob("examples/*policy.toml")),
    ]

    assert len(files) > 1
    assert len({override(default_policy(), text).version for text in files}) == len(files)


def test_a_test_policy_lets_a_day_pass_in_a_second() -> None:
    policy = override(
        default_policy(),
        'version = "x"\nclock = "elapsed"\nday = "PT1S"\n[values]\n"survey.close" = "PT30S"',
    )
    values = policy.pinned()

    assert policy.is_test
    assert values.period("reopen.window") == Period(length="PT30.000S", clock=Clock.ELAPSED)
    assert values.period("intake.promise.total").length == "PT3.000S"  # three working days
    assert values.period("survey.close").length == "PT30S"
