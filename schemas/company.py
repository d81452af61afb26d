"""Company, contact and consent: at the edge and in Postgres only, never a workflow payload."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final, TypeAlias

from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
)
from pydantic_core import PydanticCustomError

from schemas.base import Instant, InstituteCode, RequestModel, WireModel, check_storable
from schemas.case import Service

Email: TypeAlias = Annotated[
    str,
    Field(
        pattern=r"^[^@\s]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}$",
        max_length=254,
        examples=["contact@company.example"],
    ),
]
Phone: TypeAlias = Annotated[str, Field(pattern=r"^[0-9+() .-]{8,24}$", examples=["02-0000-0000"])]
MAX_DETAILS: Final = 40
# The centre's first day, 26 August 2013 in Korea: nothing came in before.
OPENED: Final = datetime(2013, 8, 25, 15, tzinfo=UTC)


class ConsentKind(StrEnum):
    """Each is asked for separately."""

    COLLECT_USE = "collect_use"
    PROVIDE_TO_INSTITUTES = "provide_to_institutes"
    SURVEY_OUTSOURCING = "survey_outsourcing"
    EFFECT_FOLLOWUP = "effect_followup"
    MARKETING = "marketing"


class CompanyStated(RequestModel):
    """The company as it describes itself.

    Attributes:
        business_registration_number: Ten digits; hyphens and spaces are dropped.
    """

    name: str = Field(min_length=1, max_length=200, examples=["예시정밀 주식회사"])
    business_registration_number: str = Field(
        max_length=20, examples=["999-99-99997"], description="사업자등록번호"
    )
    contact_name: str = Field(min_length=1, max_length=100, examples=["예시 담당자"])
    email: Email | None = None
    phone: Phone | None = None
    region: str | None = Field(default=None, max_length=20, examples=["RC03"])
    has_research_lab: bool = False

    @field_validator("business_registration_number", mode="before")
    @classmethod
    def drop_hyphens(cls, value: object) -> object:
        """The number as digits, however it was typed."""
        return value.replace("-", "").replace(" ", "") if isinstance(value, str) else value


class ConsentStated(RequestModel):
    """An answer to one consent text, named by the version that was read."""

    given: bool
    text_version: str = Field(max_length=20, examples=["2013-1"])


def _as_one_field(value: object, choose: ValidatorFunctionWrapHandler) -> object:
    """Report a value that fits none of the types once, and not once for each type."""
    try:
        return choose(check_storable(value))
    except ValidationError as error:
        raise PydanticCustomError(
            "detail_value", "Send a text, a finite number, true, false or null."
        ) from error


DetailName: TypeAlias = Annotated[str, Field(max_length=60), AfterValidator(check_storable)]
# Beyond this, readers of JSON disagree on which number it is.
_EXACT: Final = 2**53
DetailValue: TypeAlias = Annotated[
    Annotated[str, Field(max_length=1000)]
    | bool
    | Annotated[int, Field(ge=-_EXACT, le=_EXACT)]
    | Annotated[float, Field(ge=-_EXACT, le=_EXACT)]
    | None,
    WrapValidator(_as_one_field),
]


class IntakeRequest(RequestModel):
    """A difficulty as a company, or somebody at the desk for it, files it.

    Attributes:
        service: May be left out: the desk decides.
        details: Further answers by the form of the service. `item_kind` and `item_id` name the
            entry of an open database that the company asks for.
        received_at: When the company turned to the centre, if the desk files it later.
    """

    service: Service | None = None
    channel: str = Field(default="web", max_length=40)
    company: CompanyStated
    title: str = Field(min_length=2, max_length=200, examples=["알루미늄 다이캐스팅 기포 불량"])
    description: str = Field(
        min_length=5,
        max_length=10000,
        examples=["주조품 내부에 기포가 생겨 누설 시험에서 불량이 납니다. 원인을 찾고 싶습니다."],
    )
    details: dict[DetailName, DetailValue] = Field(default_factory=dict, max_length=MAX_DETAILS)
    consents: dict[ConsentKind, ConsentStated]
    institute_wish: InstituteCode | None = None
    language: Annotated[str, Field(pattern=r"^(ko|en)$")] = "ko"
    received_at: Annotated[Instant, Field(ge=OPENED)] | None = None


class ConsentText(WireModel):
    """A text that companies are asked to consent to."""

    kind: ConsentKind
    text_version: str
    required: bool
    title: str
    body: str
