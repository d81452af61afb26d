"""Companies, the people to contact, and consents."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from infra.postgres.pool import Database
from schemas.company import CompanyStated, ConsentKind, ConsentStated


@dataclass(frozen=True, kw_only=True)
class CaseContact:
    """Whom to call about a case, and what was written: personal data, for handlers only.

    Attributes:
        contact_name, email, phone: None once they were destroyed.
    """

    company_name: str
    business_registration_number: str
    contact_name: str | None
    email: str | None
    phone: str | None
    title: str
    description: str
    details: dict[str, object]


async def find_or_add(
    db: Database, company_id: UUID, company: CompanyStated, created_at: datetime
) -> UUID:
    """The id of the company with this business number, which is added when it is new.

    What is known of a company stays as it is: anybody can type any company's number into the form.
    """
    found: UUID = await db.fetchval(
        """
        INSERT INTO company AS stored (company_id, business_registration_number, name, region,
                                       has_research_lab, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (business_registration_number) DO UPDATE SET name = stored.name
        RETURNING company_id
        """,
        company_id,
        company.business_registration_number,
        company.name,
        company.region,
        company.has_research_lab,
        created_at,
    )
    return found


async def add_contact(
    db: Database, case_number: str, company: CompanyStated, language: str
) -> None:
    """Store whom to contact about a case."""
    await db.execute(
        """
        INSERT INTO contact (case_number, name, email, phone, language)
        VALUES ($1, $2, $3, $4, $5)
        """,
        case_number,
        company.contact_name,
        company.email,
        company.phone,
        language,
    )


async def add_consents(
    db: Database,
    case_number: str,
    consents: Mapping[ConsentKind, ConsentStated],
    given_at: datetime,
) -> None:
    """Store every answer to a consent text, refusals included."""
    await db.executemany(
        """
        INSERT INTO consent (case_number, kind, given, text_version, given_at)
        VALUES ($1, $2, $3, $4, $5)
        """,
        [
            (case_number, kind.value, consent.given, consent.text_version, given_at)
            for kind, consent in consents.items()
        ],
    )


async def find_contact(db: Database, case_number: str) -> CaseContact | None:
    """Whom to call about a case and what they wrote."""
    row = await db.fetchrow(
        """
        SELECT company.name AS company_name, company.business_registration_number,
               contact.name AS contact_name, contact.email, contact.phone, case_text.title,
               case_text.description, case_text.details
          FROM intake
          JOIN company ON company.company_id = intake.company_id
          JOIN contact ON contact.case_number = intake.case_number
          JOIN case_text ON case_text.case_number = intake.case_number
         WHERE intake.case_number = $1
        """,
        case_number,
    )
    return None if row is None else CaseContact(**dict(row))


async def destroy_contacts(db: Database, at: datetime, today: date) -> int:
    """Destroy contact data whose day has come; the case and its figures stay.

    Returns:
        Of how many cases.
    """
    destroyed = await db.fetch(
        """
        UPDATE contact
           SET name = NULL, email = NULL, phone = NULL, destroyed_at = $1
         WHERE destroy_after <= $2
           AND destroyed_at IS NULL
        RETURNING case_number
        """,
        at,
        today,
    )
    return len(destroyed)


async def allows_institutes(db: Database, case_number: str) -> bool:
    """Whether the company agreed that the designated institute learns whom to contact."""
    given = await db.fetchval(
        """
        SELECT given AND withdrawn_at IS NULL
          FROM consent
         WHERE case_number = $1
           AND kind = 'provide_to_institutes'
        """,
        case_number,
    )
    return given is True
