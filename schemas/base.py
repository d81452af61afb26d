"""Base models, annotated types and the identifiers that every boundary shares."""

from typing import Annotated, Final, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

CASE_NUMBER_PATTERN: Final = r"^1379-\d{4}-\d{6}$"
ROUND_ID_PATTERN: Final = r"^round-(short_monthly|medium)-[0-9-]{1,20}$"
INSTITUTE_CODE_PATTERN: Final = r"^[A-Z]{2,10}$"
TASK_ID_PATTERN: Final = (
    r"^(1379-\d{4}-\d{6}|round-(short_monthly|medium)-[0-9-]{1,20})\.[a-z_]+\.\d{1,3}$"
)

CaseNumber: TypeAlias = Annotated[
    str, Field(pattern=CASE_NUMBER_PATTERN, examples=["1379-2026-000123"], max_length=16)
]
TaskId: TypeAlias = Annotated[
    str,
    Field(pattern=TASK_ID_PATTERN, examples=["1379-2026-000123.accept_case.1"], max_length=80),
]
RoundId: TypeAlias = Annotated[
    str, Field(pattern=ROUND_ID_PATTERN, examples=["round-medium-2027-01"], max_length=40)
]
InstituteCode: TypeAlias = Annotated[
    str, Field(pattern=INSTITUTE_CODE_PATTERN, examples=["KITECH"])
]
Krw: TypeAlias = Annotated[int, Field(ge=0, le=10**13, description="Whole Korean won.")]
Instant: TypeAlias = AwareDatetime


class WireModel(BaseModel):
    """What workflows, activities and the journal exchange.

    Unknown fields are ignored and every field added later has a default, so that a history
    written by an older release still replays. Errors hide the input: it may be personal data.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class RequestModel(BaseModel):
    """What arrives over HTTP: unknown fields are refused, white space around texts is dropped."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def refuse_unstorable(cls, value: object) -> object:
        """Refuse what PostgreSQL cannot keep."""
        return check_storable(value)


def check_storable(value: object) -> object:
    """`value` itself, unless it is a text with the character U+0000.

    Raises:
        PydanticCustomError: PostgreSQL keeps every character but this one.
    """
    if isinstance(value, str) and "\0" in value:
        raise PydanticCustomError("unstorable_text", "Leave the character U+0000 out.")
    return value


def case_number(year: int, serial: int) -> str:
    """The case number, which is the workflow id too. Gaps in the serial are allowed."""
    return f"1379-{year:04d}-{serial:06d}"


def round_id(programme: str, period: str) -> str:
    """The id of a selection round, and of its workflow."""
    return f"round-{programme}-{period}"


def is_round(proceeding: str) -> bool:
    """Whether an id is a selection round's, not a case's."""
    return proceeding.startswith("round-")


def task_id(proceeding: str, kind: str, nth: int) -> str:
    """A task's id begins with its case or round, so that no look-up is needed to find that."""
    return f"{proceeding}.{kind}.{nth}"


def case_number_of(task: str) -> str:
    """The case, or the round, to which a task belongs."""
    return task.partition(".")[0]
