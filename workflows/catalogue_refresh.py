"""CatalogueRefresh: reads every partner that a key is set for into the catalogue."""

import asyncio
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.exceptions import TimeoutError as ActivityTimeout

from workflows import activity_stubs

with workflow.unsafe.imports_passed_through():
    from schemas.catalogue_refresh import (
        PartnerOutcome,
        PartnerRequest,
        RefreshOutcome,
        RefreshRecord,
    )


@workflow.defn(name="CatalogueRefresh")
class CatalogueRefresh:
    """One night's reading; a schedule starts it. A partner that fails keeps no other one back."""

    @workflow.run
    async def run(self) -> RefreshRecord:
        """Read the partners at once, record what came of them, and return that."""
        at = workflow.now()
        listed = await activity_stubs.list_partners()
        partners = await asyncio.gather(*(self._read(partner, at) for partner in listed))
        record = RefreshRecord(at=at, partners=tuple(partners))
        await activity_stubs.record_refresh(record)
        return record

    async def _read(self, partner: PartnerOutcome, at: datetime) -> PartnerOutcome:
        if partner.outcome is RefreshOutcome.SKIPPED:
            return partner
        try:
            return await activity_stubs.read_partner(PartnerRequest(partner=partner.partner, at=at))
        except ActivityError as failed:
            return partner.model_copy(update={"detail": _reason(failed)})


def _reason(failed: ActivityError) -> str:
    """Why a partner was given up, as a code."""
    match failed.cause:
        case ApplicationError(message=code):
            return code
        case ActivityTimeout():
            return "timed-out"
        case _:
            return "failed"
