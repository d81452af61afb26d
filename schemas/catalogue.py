"""The integrated database: patents, equipment, laboratories, and researchers, who stay internal."""

from datetime import date
from enum import StrEnum
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


class OfferedTechnology(WireModel):
    """What an institute offers for transfer, as the public reads of it.

    Attributes:
        readiness: Technology readiness level; None when the institute does not state it.
    """

    technology_id: str
    institute: InstituteCode
    name: str
    summary: str
    field_of_use: str = ""
    readiness: Annotated[int, Field(ge=1, le=9)] | None = None
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


class SupportCall(WireModel):
    """A call for applications that a ministry or a region announced: what long R&D applies to.

    Attributes:
        period: As announced, which need not be two dates (“until the budget is spent”).
        opens_on: None where `period` names no day, as `closes_on`.
        ministry: The one in charge; `executing_agency` takes the applications.
    """

    call_id: str
    title: str
    summary: str = ""
    audience: str = ""
    period: str = ""
    opens_on: date | None = None
    closes_on: date | None = None
    ministry: str = ""
    executing_agency: str = ""
    url: str | None = None
    application_url: str | None = None
    source: str
    as_of: date


class ResearchProject(WireModel):
    """A project that public money pays for; looked at against double funding. Names nobody."""

    project_number: str
    institute: InstituteCode
    title: str
    summary: str = ""
    keywords: tuple[str, ...] = ()
    ministry: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    source: str
    as_of: date


class DataSet(StrEnum):
    """What the catalogue is filled with."""

    PATENTS = "patents"
    EQUIPMENT = "equipment"
    LABS = "labs"
    RESEARCHERS = "researchers"
    TECHNOLOGIES = "technologies"
    PROJECTS = "projects"
    CALLS = "calls"


class SourceCount(WireModel):
    """What one source brought into a data set.

    Attributes:
        oldest: The earliest as-of date among its rows; `newest` the latest.
    """

    source: str
    loaded: int
    oldest: date
    newest: date


class DataSetCount(WireModel):
    """How much of a data set is loaded, as of when, and how much there should be (C12, C13).

    Attributes:
        loaded: Rows in the database.
        offered: Those of them that companies can find; less than `loaded` for equipment only.
        as_of: The latest as-of date of any row; None for an empty data set.
        expected: How many the data set should have, as stated on `expected_as_of`; None where
            nobody said.
        held: How many the institutes have in all, in the database or not; None where nobody said.
    """

    data_set: DataSet
    loaded: int
    offered: int
    as_of: date | None
    expected: int | None
    expected_as_of: date | None
    expected_source: str | None
    held: int | None
    sources: tuple[SourceCount, ...]
