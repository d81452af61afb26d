"""Reference data that anyone may read."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api import auth
from api.deps import CentreDep
from infra.postgres import intakes, reference
from schemas.base import WireModel
from schemas.company import ConsentText

router = APIRouter(prefix="/api/v1", tags=["reference"], dependencies=[Depends(auth.PUBLIC)])


class Consents(WireModel):
    items: list[ConsentText]


@router.get("/consents", summary="Consent texts in force")
async def list_consents(
    centre: CentreDep, language: Annotated[str, Query(pattern="^(ko|en)$")] = "ko"
) -> Consents:
    """Name `text_version` when you send a consent: it says which text was read."""
    day = centre.korean_day(centre.clock())
    return Consents(items=await intakes.consent_texts(centre.pool, day, language=language))


class InstituteView(WireModel):
    """A research institute and its support department."""

    code: str
    name_ko: str
    name_en: str
    fields: list[str]
    city: str
    department: str | None
    department_phone: str | None
    department_email: str | None


class Institutes(WireModel):
    items: list[InstituteView]


@router.get("/institutes", summary="Institutes that take part")
async def list_institutes(centre: CentreDep) -> Institutes:
    """By code; only those that take part today."""
    rows = await reference.institutes(centre.pool, centre.korean_day(centre.clock()))
    return Institutes(
        items=[InstituteView.model_validate(row, from_attributes=True) for row in rows]
    )


class RegionView(WireModel):
    """A regional centre."""

    code: str
    region: str | None
    host: str | None
    place: str | None
    opened_on: date | None
    verified: bool


class Regions(WireModel):
    items: list[RegionView]


@router.get("/regions", summary="Regional centres")
async def list_regions(centre: CentreDep) -> Regions:
    """Unverified ones are shown without a host."""
    rows = await reference.regions(centre.pool)
    return Regions(items=[RegionView.model_validate(row, from_attributes=True) for row in rows])


class ProgrammeView(WireModel):
    """A programme of additional R&D."""

    code: str
    name: str
    aliases: list[str]
    track: str
    owner: str


class Programmes(WireModel):
    items: list[ProgrammeView]


@router.get("/programmes", summary="Programmes in force")
async def list_programmes(centre: CentreDep) -> Programmes:
    """The programmes that pay for short, medium and long R&D."""
    rows = await reference.programmes(centre.pool, centre.korean_day(centre.clock()))
    return Programmes(
        items=[ProgrammeView.model_validate(row, from_attributes=True) for row in rows]
    )
