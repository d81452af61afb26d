"""Policy files on disk: the default of this release, and one that overrides it."""

from functools import cache
from pathlib import Path
from typing import Final

from schemas.policy import Policy
from workflows.policy.policy_table import override, read_table

_DEFAULT: Final = Path(__file__).parent / "default_policy.toml"


@cache
def default_policy() -> Policy:
    """The policy that comes with this release."""
    return read_table(_DEFAULT.read_text("utf-8"))


def policy_from(path: Path) -> Policy:
    """The default policy with the values of a file in place of its own.

    Raises:
        PolicyFileError: The file cannot be used.
        OSError: The file cannot be read.
    """
    return override(default_policy(), path.read_text("utf-8"))
