"""Partners are read into the catalogue; a reading that was stopped goes on where it was."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
from pydantic import SecretStr
from starlette.responses import Response
from structlog.testing import capture_logs
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment
from temporalio.worker import Worker

from activities.catalogue import CatalogueActivities
from infra.postgres import journal
from infra.postgres.catalogue_counts import data_set_counts
from infra.settings import Settings
from schemas.catalogue_refresh import (
    PartnerOutcome,
    PartnerRequest,
    RefreshOutcome,
    RefreshRecord,
)
from tests.partners import services
from tests.partners.serving import KEY, PartnerServer, fault_500, malformed, portal_error
from tests.settings import settings_for_test
from workers.registry import CASE, INSTITUTE, Registration, Resources, registrations
from workers.worker import workflow_runner
from workflows.catalogue_refresh import CatalogueRefresh

NIGHT = datetime(2026, 11, 27, 16, 30, tzinfo=UTC)


@dataclass
class Centre:
    """A centre that reads partners; its workflows are on a queue of their own."""

    temporal: WorkflowEnvironment
    registered: dict[str, Registration]
    queue: str

    def reading(self) -> Worker:
        """The worker that asks partners; stopping it stops what it does at once."""
        return Worker(
            self.temporal.client,
            task_queue=INSTITUTE,
            activities=self.registered[INSTITUTE].activities,
        )

    def start(self) -> "asyncio.Task[RefreshRecord]":
        return asyncio.create_task(
            self.temporal.client.execute_workflow(
                CatalogueRefresh.run, id=f"refresh-{uuid4()}", task_queue=self.queue
            )
        )

    async def refresh(self) -> dict[str, PartnerOutcome]:
        async with self.reading():
            record = await self.start()
        return {partner.partner: partner for partner in record.partners}


@asynccontextmanager
async def centre(
    temporal: WorkflowEnvironment, pool: asyncpg.Pool, settings: Settings
) -> AsyncGenerator[Centre]:
    async def nobody(_keys: object) -> None:
        """No message is sent."""

    registered = registrations(Resources(pool, settings, temporal.client, nobody))
    queue = f"refresh-{uuid4()}"
    async with Worker(
        temporal.client,
        task_queue=queue,
        workflows=registered[CASE].workflows,
        activities=registered[CASE].activities,
        workflow_runner=workflow_runner(),
    ):
        yield Centre(temporal, registered, queue)


def settings_of(**servers: PartnerServer) -> Settings:
    given: dict[str, object] = {"partner_pause_seconds": 0}
    for name, server in servers.items():
        given |= {f"{name}_url": server.url, f"{name}_key": SecretStr(KEY)}
    return settings_for_test(**given)


def patents(count: int) -> dict[str, list[dict[str, str]]]:
    return {services.KIMM: [services.kipris_patent(number) for number in range(count)]}


async def test_four_partners_are_read_and_confirmed_the_next_night(
    temporal: WorkflowEnvironment, catalogue: asyncpg.Pool
) -> None:
    items = [services.zeus_item(1), services.zeus_item(2, useScopeCd="1", organNm="합성대학교")]
    async with (
        services.kipris(patents(3)) as kipris,
        services.zeus(items) as zeus,
        services.ntis({services.KIMM: 2}) as ntis,
        services.bizinfo([services.bizinfo_call(1)]) as bizinfo,
        centre(
            temporal, catalogue, settings_of(kipris=kipris, zeus=zeus, ntis=ntis, bizinfo=bizinfo)
        ) as running,
    ):
        kipris.faults.extend([fault_500, malformed])
        first = await running.refresh()
        generation = await catalogue.fetchval("SELECT generation FROM catalogue_state")
        second = await running.refresh()

    assert {name: (one.outcome, one.added, one.refused) for name, one in first.items()} == {
        "kipris": (RefreshOutcome.COMPLETE, 3, 0),
        "zeus": (RefreshOutcome.COMPLETE, 1, 1),
        "ntis": (RefreshOutcome.COMPLETE, 2, 0),
        "bizinfo": (RefreshOutcome.COMPLETE, 1, 0),
    }
    assert {name: (one.added, one.changed, one.unchanged) for name, one in second.items()} == {
        "kipris": (0, 0, 3),
        "zeus": (0, 0, 1),
        "ntis": (0, 0, 2),
        "bizinfo": (0, 0, 1),
    }
    assert await catalogue.fetchval("SELECT generation FROM catalogue_state") == generation
    counts = await data_set_counts(catalogue, internal=True)
    assert {
        source.source: (count.loaded, source.loaded) for count in counts for source in count.sources
    } == {"KIPRIS": (3, 3), "ZEUS": (1, 1), "NTIS": (2, 2), "bizinfo": (1, 1)}
    assert "합성인" not in str(await catalogue.fetch("SELECT * FROM research_project"))
    entries = await journal.entries_of(catalogue, journal.CENTRE_STREAM)
    assert [entry.tag for entry in entries] == ["catalogue:partners:read"] * 2
    assert entries[0].detail["zeus"] == "complete +1 ~0 =0 -1"


async def test_a_partner_that_refuses_keeps_no_other_one_back_and_one_without_a_key_is_skipped(
    temporal: WorkflowEnvironment, catalogue: asyncpg.Pool
) -> None:
    async with (
        services.zeus([services.zeus_item(1)]) as zeus,
        services.bizinfo([]) as bizinfo,
        centre(
            temporal,
            catalogue,
            settings_of(zeus=zeus, bizinfo=bizinfo).model_copy(
                update={"bizinfo_key": SecretStr("wrong")}
            ),
        ) as running,
    ):
        partners = await running.refresh()

    assert {name: (one.outcome.value, one.detail) for name, one in partners.items()} == {
        "kipris": ("skipped", "no-key"),
        "zeus": ("complete", ""),
        "ntis": ("skipped", "no-key"),
        "bizinfo": ("failed", "key-refused"),
    }
    assert len(bizinfo.asked) == 1
    rows = await catalogue.fetch("SELECT partner, outcome, complete_at FROM catalogue_refresh")
    last = {row["partner"]: (row["outcome"], row["complete_at"] is not None) for row in rows}
    assert last == {"bizinfo": ("failed", False), "zeus": ("complete", True)}


async def test_a_reading_goes_on_where_its_worker_was_stopped(
    temporal: WorkflowEnvironment, catalogue: asyncpg.Pool
) -> None:
    asked_second_page = asyncio.Event()

    async def stopped_while_it_waits() -> Response:
        asked_second_page.set()
        await asyncio.sleep(1)
        return Response("late", 500)

    async def first_page_of_the_institute() -> Response:
        kipris.faults.append(stopped_while_it_waits)
        return first_page

    async with (
        services.kipris(patents(1001)) as kipris,
        centre(temporal, catalogue, settings_of(kipris=kipris)) as running,
    ):
        order = [code for (code,) in await catalogue.fetch("SELECT code FROM institute ORDER BY 1")]
        before = order.index("KIMM")
        first_page = services.kipris_page(patents(1001)[services.KIMM][:500], 1001)
        kipris.faults.extend([services.empty_kipris_page] * before)
        kipris.faults.append(first_page_of_the_institute)
        async with running.reading():
            refreshing = running.start()
            await asyncio.wait_for(asked_second_page.wait(), 60)
        assert await catalogue.fetchval("SELECT count(*) FROM patent") == 500
        async with running.reading():
            record = await refreshing

    assert record.partners[0].outcome is RefreshOutcome.COMPLETE
    assert record.partners[0].added == 1001
    pages = [asked["pageNo"] for asked in kipris.asked if asked["applicant"] == services.KIMM]
    assert pages == ["1", "2", "2", "3"]
    assert len(kipris.asked) == len(order) + 3


async def test_a_partner_that_has_had_enough_is_read_on_the_next_night(
    temporal: WorkflowEnvironment, catalogue: asyncpg.Pool
) -> None:
    async with (
        services.kipris(patents(3)) as kipris,
        centre(temporal, catalogue, settings_of(kipris=kipris)) as running,
    ):
        kipris.faults.extend([services.empty_kipris_page] * 2 + [portal_error("22")])
        first = await running.refresh()
        stopped_at = kipris.asked[-1]["applicant"]
        asked = len(kipris.asked)
        second = await running.refresh()

    assert (first["kipris"].outcome, first["kipris"].detail) == (
        RefreshOutcome.LIMITED,
        "reason-22",
    )
    assert kipris.asked[asked]["applicant"] == stopped_at
    assert second["kipris"].outcome is RefreshOutcome.COMPLETE


async def test_a_partner_whose_records_read_differently_is_noticed(
    catalogue: asyncpg.Pool,
) -> None:
    strange = [services.bizinfo_call(number, pblancNm="") for number in (1, 2)]
    others = [services.zeus_item(1, organNm="합성대학교")]
    async with services.bizinfo(strange) as bizinfo, services.zeus(others) as zeus:
        acts = CatalogueActivities(catalogue, settings_of(bizinfo=bizinfo, zeus=zeus))
        with capture_logs() as logged:
            for partner in ("bizinfo", "zeus"):
                await ActivityEnvironment().run(
                    acts.read_partner, PartnerRequest(partner=partner, at=NIGHT)
                )

    assert [(line["log_level"], line["partner"], line["refused"]) for line in logged] == [
        ("warning", "bizinfo", {"missing": 2}),
        ("info", "zeus", {"unknown-institute": 1}),
    ]


async def test_a_refresh_that_is_recorded_again_is_told_once(catalogue: asyncpg.Pool) -> None:
    acts = CatalogueActivities(catalogue, settings_of())
    record = RefreshRecord(
        at=NIGHT,
        partners=(
            PartnerOutcome(partner="zeus", outcome=RefreshOutcome.FAILED, detail="timed-out"),
        ),
    )

    for _ in range(2):
        await ActivityEnvironment().run(acts.record_refresh, record)
    later = record.model_copy(update={"at": datetime(2026, 11, 28, 16, 30, tzinfo=UTC)})
    await ActivityEnvironment().run(acts.record_refresh, later)

    entries = await journal.entries_of(catalogue, journal.CENTRE_STREAM)
    assert [entry.at for entry in entries] == [NIGHT, later.at]
