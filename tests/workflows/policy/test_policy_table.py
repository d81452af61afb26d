"""Policy files: the default, and what an overriding file may say."""

import pytest

from schemas.policy import Clock, Period, PolicyStatus
from workers.policy_files import default_policy
from workflows.policy.policy_table import PolicyFileError, override


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
            "whole test policies only",
        ),
        ('version = "x"\nclock = "WH"', "only clock"),
        ('version = "x"\nvalue = 3', "“value” is not known"),
        ("[values]", "needs a version"),
        ("version = ", "no TOML"),
        ('version = "x"\n[values]\n"reopen.max" = "many"', "needs a number"),
    ],
)
def test_a_file_that_cannot_be_used_says_which_key_and_why(text: str, complaint: str) -> None:
    with pytest.raises(PolicyFileError, match=complaint):
        override(default_policy(), text)


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
