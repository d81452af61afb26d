"""Reads partners into the catalogue, one page after the other, and records what came of it."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import structlog
from pydantic import SecretStr
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.partners.answers import Page, Partner, PartnerLimited, PartnerRefuses
from activities.partners.bizinfo import Bizinfo
from activities.partners.fetching import Fetcher
from activities.partners.kipris import Kipris
from activities.partners.ntis import Ntis
from activities.partners.zeus import Zeus
from infra.imports.institutes import InstituteNames
from infra.imports.mapping import Mapping
from infra.imports.problems import Wrong
from infra.imports.rows import Checker, Provenance, Record
from infra.imports.tables import Row
from infra.postgres import imports, journal, reference, refreshes
from infra.postgres.merging import Merged, merge
from infra.postgres.pool import transaction
from infra.postgres.references import missing_references
from infra.settings import Settings
from schemas.actor import SYSTEM
from schemas.catalogue_refresh import (
    PartnerOutcome,
    PartnerRequest,
    RefreshOutcome,
    RefreshRecord,
)
from workflows.activity_stubs import Catalogue

log = structlog.stdlib.get_logger()

_SEOUL: Final = ZoneInfo("Asia/Seoul")
PARTNERS: Final = ("kipris", "zeus", "ntis", "bizinfo")


class CatalogueActivities(Catalogue):
    """Knows the partners by their settings; one without a key is skipped."""

    def __init__(self, pool: asyncpg.Pool, settings: Settings) -> None:
        """Connect to the catalogue."""
        self._pool = pool
        self._settings = settings

    @activity.defn(name="catalogue.list_partners")
    async def list_partners(self) -> list[PartnerOutcome]:
        return [
            PartnerOutcome(partner=name, outcome=RefreshOutcome.SKIPPED, detail="no-key")
            if self._key(name) is None
            else PartnerOutcome(partner=name, outcome=RefreshOutcome.FAILED, detail="not-read")
            for name in PARTNERS
        ]

    @activity.defn(name="catalogue.read_partner")
    async def read_partner(self, request: PartnerRequest) -> PartnerOutcome:
        on = request.at.astimezone(_SEOUL).date()
        async with self._partner(request.partner, on) as partner:
            cursor = await refreshes.begin(self._pool, request.partner, request.at)
            # The table is written with each page, so it is never behind what a heartbeat told.
            (told,) = activity.info().heartbeat_details or (None,)
            cursor = cursor or told
            outcome, detail = RefreshOutcome.COMPLETE, ""
            try:
                await self._read(partner, request.partner, on, cursor)
            except PartnerLimited as limited:
                outcome, detail = RefreshOutcome.LIMITED, str(limited)
            except PartnerRefuses as refusal:
                raise ApplicationError(
                    str(refusal), type="partner-refuses", non_retryable=True
                ) from None
        return await refreshes.end(self._pool, request.partner, outcome, detail, datetime.now(UTC))

    @activity.defn(name="catalogue.record_refresh")
    async def record_refresh(self, record: RefreshRecord) -> None:
        failed = [one for one in record.partners if one.outcome is RefreshOutcome.FAILED]
        async with transaction(self._pool) as db:
            for partner in failed:
                await refreshes.end(db, partner.partner, partner.outcome, partner.detail, record.at)
            await journal.append_once_within(
                db,
                journal.CENTRE_STREAM,
                record.at,
                SYSTEM,
                "catalogue:partners:read",
                {partner.partner: _summary(partner) for partner in record.partners},
            )
        for partner in failed:
            log.warning("partner_not_read", partner=partner.partner, reason=partner.detail)
        log.info(
            "catalogue_refreshed",
            partners={partner.partner: partner.outcome.value for partner in record.partners},
            added=sum(partner.added for partner in record.partners),
            changed=sum(partner.changed for partner in record.partners),
        )

    async def _read(self, partner: Partner, name: str, on: date, cursor: str | None) -> None:
        names = InstituteNames(await imports.institute_names(self._pool))
        mapping = Mapping(partner.data_set, partner.mapping, partner.fields)
        while True:
            page = await partner.page(cursor)
            # Anew for each page: a record may well come twice while a partner's order changes.
            checker = Checker(mapping, names, Provenance(partner.source, on))
            await self._write(checker, partner, name, page)
            activity.heartbeat(page.next)
            if page.next is None:
                return
            cursor = page.next
            await asyncio.sleep(self._settings.partner_pause_seconds)

    async def _write(self, checker: Checker, partner: Partner, name: str, page: Page) -> None:
        records: list[Record] = []
        refused: Counter[str] = Counter()
        for number, cells in enumerate(page.records, start=1):
            record, problems = checker.check(Row(number, cells))
            if record is None:
                refused[problems[0].wrong.code] += 1
            else:
                records.append(record)
        loose = {
            place: wrong
            for place, _, wrong in await missing_references(self._pool, partner.data_set, records)
        }
        refused.update(wrong.code for wrong in loose.values())
        records = [record for place, record in enumerate(records) if place not in loose]
        async with transaction(self._pool) as db:
            merged = Merged(refused=refused.total()) + await merge(db, partner.data_set, records)
            await refreshes.advance(db, name, page.next, merged)
        # Whole pages of what others hold are nothing strange; whole pages that are refused for
        # another reason say that the partner's form has changed.
        if not records and set(refused) - {Wrong.UNKNOWN_INSTITUTE.code}:
            log.warning("partner_page_refused", partner=name, refused=dict(refused))
        elif refused:
            log.info("partner_records_refused", partner=name, refused=dict(refused))

    @asynccontextmanager
    async def _partner(self, name: str, on: date) -> AsyncGenerator[Partner]:
        """A partner by its name, over a connection of its own.

        Raises:
            ApplicationError: There is none of that name with a key; repeating it does not help.
        """
        key = self._key(name)
        if key is None:
            raise ApplicationError("no-key", type="partner-refuses", non_retryable=True)
        # Redirects are not followed: the address with the key in it is for this service alone.
        async with httpx.AsyncClient(follow_redirects=False) as http:
            fetcher = Fetcher(http, self._settings.partner_timeout_seconds)
            institutes = [
                (row.code, row.name_ko) for row in await reference.institutes(self._pool, on)
            ]
            yield self._made(name, fetcher, key.get_secret_value(), institutes)

    def _made(
        self, name: str, fetcher: Fetcher, key: str, institutes: Sequence[tuple[str, str]]
    ) -> Partner:
        settings = self._settings
        match name:
            case "kipris":
                return Kipris(fetcher, settings.kipris_url, key, institutes)
            case "ntis":
                return Ntis(fetcher, settings.ntis_url, key, institutes)
            case "zeus":
                return Zeus(fetcher, settings.zeus_url, key)
            case _:
                return Bizinfo(fetcher, settings.bizinfo_url, key)

    def _key(self, name: str) -> SecretStr | None:
        keys = {
            "kipris": self._settings.kipris_key,
            "ntis": self._settings.ntis_key,
            "zeus": self._settings.zeus_key,
            "bizinfo": self._settings.bizinfo_key,
        }
        return keys.get(name)


def _summary(partner: PartnerOutcome) -> str:
    told = [partner.outcome.value, partner.detail]
    counts = f"+{partner.added} ~{partner.changed} ={partner.unchanged} -{partner.refused}"
    return " ".join([*(part for part in told if part), counts])
