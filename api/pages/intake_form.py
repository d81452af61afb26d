"""The form in which a difficulty is filed, by the company or at the desk for a caller."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from starlette.datastructures import FormData

from api.asked_items import ITEM_FIELDS, AskedItem
from api.centre import SEOUL, Centre
from api.pages.forms import Field, FormError, Option, Widget, by_field, by_name, errors_in
from api.pages.languages import Words
from api.pages.posted import checked
from infra.postgres import intakes, reference
from schemas.case import Service
from schemas.company import CompanyStated, ConsentText, IntakeRequest

# What a desk may key in; a channel that is not open on the day is refused by the intake itself.
DESK_CHANNELS: Final = (
    "phone_1379", "phone_080", "regional_centre", "visit_hq", "institute_direct", "council",
    "partner_org",
)  # fmt: skip
MOST_CHARACTERS: Final = {
    "company.name": 200,
    "company.business_registration_number": 20,
    "company.contact_name": 100,
    "company.email": 254,
    "company.phone": 24,
    "title": 200,
    "description": 10000,
}
_NEEDED: Final = frozenset(
    {
        "company.name", "company.business_registration_number", "company.contact_name", "title",
        "description",
    }
)  # fmt: skip


@dataclass(frozen=True)
class IntakeForm:
    """The form as it is shown.

    Attributes:
        consents: The texts, each with the field in which it is answered.
        item: What of the open databases is asked for.
    """

    fields: Mapping[str, Field]
    consents: Sequence[tuple[ConsentText, Field]]
    errors: Sequence[FormError] = ()
    item: AskedItem | None = None

    @property
    def linked(self) -> Mapping[str, Field]:
        """All fields by name."""
        return {**self.fields, **by_name([field for _, field in self.consents])}


async def intake_form(  # noqa: PLR0913  # what the form is made of
    centre: Centre,
    words: Words,
    *,
    typed: Mapping[str, str],
    errors: Sequence[FormError] = (),
    desk: bool = False,
    item: AskedItem | None = None,
) -> IntakeForm:
    """The form with the regions and consent texts of today, and what was typed before."""
    day = centre.korean_day(centre.clock())
    texts = await intakes.consent_texts(centre.pool, day, language=words.language.value)
    regions = await reference.regions(centre.pool)
    wrong = by_field(errors)

    def field(
        name: str,
        label: str,
        widget: Widget = "text",
        options: Sequence[Option] = (),
        *,
        required: bool = False,
    ) -> Field:
        return Field(
            name=name,
            label=words.text(label),
            widget=widget,
            required=required or name in _NEEDED,
            optional=not required and name not in _NEEDED and widget != "checkbox",
            options=tuple(options),
            max_length=MOST_CHARACTERS.get(name),
            value=typed.get(name, ""),
            error=wrong.get(name, ""),
        )

    services = [Option(value=code, label=words.label("service", code)) for code in Service]
    places = [Option(value=row.code, label=row.region or row.place or row.code) for row in regions]
    channels = [Option(value=code, label=words.label("channel", code)) for code in DESK_CHANNELS]
    fields = [
        field("title", "Subject"),
        field("description", "What is the difficulty?", "textarea"),
        field("service", "What kind of support do you want?", "select", services),
        field("company.name", "Company"),
        field("company.business_registration_number", "Business registration number"),
        field("company.region", "Region", "select", places),
        field("company.has_research_lab", "The company has a research lab", "checkbox"),
        field("company.contact_name", "Contact person"),
        field("company.email", "E-mail address"),
        field("company.phone", "Telephone number"),
    ]
    if desk:
        fields += [
            field("channel", "How it came in", "radio", channels, required=True),
            field("received_at", "When the company turned to the centre", required=True),
        ]
    consents = [
        (
            text,
            field(
                f"consents.{text.kind.value}",
                "I agree" if not desk else "The company agrees",
                "checkbox",
                required=text.required,
            ),
        )
        for text in texts
    ]
    form = IntakeForm(by_name(fields), consents, item=item)
    order = list(form.linked)
    return replace(form, errors=sorted(errors, key=lambda error: _place(order, error.name)))


def _place(order: Sequence[str], name: str) -> int:
    """Where a field stands in the form; errors of the whole form come first."""
    return order.index(name) if name in order else -1


def intake_request(form: FormData, words: Words, *, channel: str | None) -> IntakeRequest:
    """What was filed.

    Args:
        form: As it was sent.
        words: The language in which the centre answers.
        channel: `web` for the company itself; None when the desk chose one.

    Raises:
        RequestValidationError: A field is missing or has a value that it cannot have.
    """

    def given(name: str) -> str | None:
        value = form.get(name)
        return value.strip() or None if isinstance(value, str) else None

    body: dict[str, Any] = {
        "service": given("service"),
        "channel": channel or given("channel") or "",
        "company": {
            name: value
            for name in CompanyStated.model_fields
            if (value := given(f"company.{name}")) is not None
        },
        "consents": {
            name.partition(".")[2]: {
                "given": form.get(name.replace("consent_version.", "consents.")) is not None,
                "text_version": version,
            }
            for name, version in form.items()
            if name.startswith("consent_version.")
        },
        "language": words.language.value,
        **{name: given(name) for name in ("title", "description") if given(name) is not None},
    }
    if given("item_id") is not None:
        body["details"] = {name: given(name) for name in ITEM_FIELDS}
        body["institute_wish"] = given("institute_wish")
    if received_at := given("received_at"):
        # A date and time as the desk reads it off its own clock.
        body["received_at"] = f"{received_at}{'' if '+' in received_at else '+09:00'}"
    return checked(IntakeRequest, body)


def local_time(centre: Centre) -> str:
    """Now, as a field for date and time is filled in."""
    return centre.clock().astimezone(SEOUL).strftime("%Y-%m-%dT%H:%M")


def intake_errors(problem: Mapping[str, Any], words: Words) -> list[FormError]:
    """The errors of an intake; what is wrong inside a consent belongs to the consent."""
    return [
        FormError(name=".".join(error.name.split(".")[:2]), text=error.text)
        for error in errors_in(problem, words)
    ]
