"""The integrated database: patents, equipment, laboratories, and researchers, who stay internal."""

from datetime import date
from typing import Annotated

from pydantic import Field

from schemas.base import InstituteCode, WireModel


class Patent(WireModel):
    """A patent as it is published (R064).

    Attributes:
        inventors: As published; they never lead to a researcher's record (C27).
        as_of: When the row was true at its source.
    """

    application_number: str
    institute: InstituteCode
    title_ko: str
    title_en: str = ""
    summary: str
    inventors: tuple[str, ...] = ()
    filed_on: date
    ipc: str
    status: str
    url: str | None = None
    source: str
    as_of: date


class EquipmentItem(WireModel):
    """An item of equipment (R066); only what companies may use is public."""

    equipment_id: str
    institute: InstituteCode
    lab_id: str | None = None
    name: str
    specification: str
    field_of_use: str
    location: str
    sme_available: bool
    source: str
    as_of: date


class Lab(WireModel):
    """A laboratory that companies may use (R068)."""

    lab_id: str
    institute: InstituteCode
    name: str
    description: str
    location: str
    supports: str
    source: str
    as_of: date


class Researcher(WireModel):
    """A researcher: institute, department and fields. Internal (R067); there is no name here."""

    researcher_id: str
    institute: InstituteCode
    department: str
    fields: tuple[str, ...]
    source: str
    as_of: date


class Technology(WireModel):
    """What an institute offers for transfer, with the links of R093.

    Attributes:
        readiness: Technology readiness level; None when the institute does not state it.
        patents: Application numbers of patents that protect it.
        researchers: Ids of those who know it. Internal, as they are: never shown to the public.
    """

    technology_id: str
    institute: InstituteCode
    name: str
    summary: str
    field_of_use: str = ""
    readiness: Annotated[int, Field(ge=1, le=9)] | None = None
    patents: tuple[str, ...] = ()
    researchers: tuple[str, ...] = ()
    source: str
    as_of: date
