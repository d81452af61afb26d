"""Score sheets: what one reviewer thinks of every application of a round."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final

from pydantic import Field

from schemas.base import CaseNumber, WireModel

# The most that each criterion counts; together 100.
_NEED: Final = 30
_TECHNOLOGY: Final = 40
_FEASIBILITY: Final = 30


def _criterion(title: str, most: int) -> Any:  # noqa: ANN401  # like pydantic's Field
    return Field(default=None, ge=0, le=most, title=title)


class Assessment(WireModel):
    """One application as one reviewer sees it.

    Attributes:
        conflict: A conflict of interest was declared: no scores then.
        need: How much the company needs it.
        technology: How well the technology solves it.
        feasibility: Whether plan, people and budget can do it.
    """

    need: int | None = _criterion("Need, 0 to 30", _NEED)
    technology: int | None = _criterion("Technology, 0 to 40", _TECHNOLOGY)
    feasibility: int | None = _criterion("Feasibility, 0 to 30", _FEASIBILITY)
    conflict: bool = Field(default=False, title="Conflict of interest")

    @property
    def total(self) -> int | None:
        """0 to 100; None while a criterion is open, or with a conflict of interest."""
        if self.conflict or None in {self.need, self.technology, self.feasibility}:
            return None
        return (self.need or 0) + (self.technology or 0) + (self.feasibility or 0)

    @property
    def is_complete(self) -> bool:
        """Whether it can be handed in."""
        return self.conflict or self.total is not None


class ScoreSheet(WireModel):
    """A reviewer's assessments, by case number."""

    assessments: dict[CaseNumber, Assessment] = Field(default_factory=dict)

    def assesses(self, case_numbers: Iterable[str]) -> bool:
        """Whether every one of these applications is scored, or a conflict is declared."""
        return all(
            number in self.assessments and self.assessments[number].is_complete
            for number in case_numbers
        )

    @property
    def sha256(self) -> str:
        """Names exactly this sheet, whatever order it was filled in."""
        ordered = sorted(self.assessments.items())
        text = "\n".join(f"{number} {found.model_dump_json()}" for number, found in ordered)
        return sha256(text.encode()).hexdigest()


class SheetReference(WireModel):
    """The sheet that a reviewer handed in."""

    task_id: str
    sha256: str
