"""Through the API alone, on the real Temporal: file, screen, ask the company, withdraw."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from api.centre import Centre
from infra.postgres import archive
from infra.postgres.archive import ArchivedHistory
from tests.api.conftest import browser, difficulty, serving, signed_in
from workflows.support_case import SupportCase


@pytest.fixture
def live(
    centre: Centre, temporal: WorkflowEnvironment, workers: None
) -> Centre:  # the fixtures above
    return replace(centre, temporal=temporal.client, clock=lambda: datetime.now(UTC))


async def task_of(client: httpx.AsyncClient, case_number: str, kind: str) -> dict[str, Any]:
    page = (await client.get("/api/v1/tasks", params={"q": case_number, "kind": kind})).json()
    assert len(page["items"]) == 1, page
    return page["items"][0]


async def test_a_case_is_filed_screened_answered_and_withdrawn(live: Centre) -> None:
    async with serving(live) as app, browser(app) as company:
        filing = await company.post(
            "/api/v1/cases", json=difficulty(), headers={"Idempotency-Key": "flow-1"}
        )
        assert filing.status_code == 201, filing.text
        number = filing.json()["case_number"]
        company.headers["X-Tracking-Code"] = filing.json()["tracking_code"]
        triage = await signed_in(app, "triage")
        view = (await company.get(f"/api/v1/cases/{number}")).json()
        assert view["promises"][0]["kind"] == "first_contact"

        task = await task_of(triage, number, "screen_case")
        url = f"/api/v1/tasks/{task['task_id']}"
        claimed = await triage.post(f"{url}/claim", headers={"If-Match": '"1"'})
        assert claimed.status_code == 200, claimed.text
        answer = {"outcome": {"decision": "supplement", "question": "어떤 합금입니까?"}}
        stale = await triage.post(f"{url}/complete", json=answer, headers={"If-Match": '"1"'})
        assert (stale.status_code, stale.json()["type"]) == (412, "/problems/stale-version")
        headers = {"If-Match": claimed.headers["ETag"], "Idempotency-Key": "flow-complete"}
        done = await triage.post(f"{url}/complete", json=answer, headers=headers)
        again = await triage.post(f"{url}/complete", json=answer, headers=headers)
        assert done.status_code == 200, done.text
        assert done.json() == again.json()
        assert done.json()["projection"] == "done"
        assert "합금" not in done.text

        asked = (await company.get(f"/api/v1/cases/{number}/tasks")).json()["items"][0]
        assert asked["kind"] == "supply_information"
        assert "어떤 합금입니까?" in asked["texts"].values()
        supplied = await company.post(
            f"/api/v1/cases/{number}/tasks/{asked['task_id']}/complete",
            json={"outcome": {"decision": "supply", "information": "ADC12 합금, 010-0000-0000"}},
        )
        assert supplied.status_code == 200, supplied.text
        following = (await triage.get(f"/api/v1/tasks/{number}.screen_case.2")).json()
        assert [(told["purpose"], told["text"]) for told in following["passed_on"]] == [
            ("supply_information.information", "ADC12 합금, [전화번호 가림]")
        ]
        page = await triage.get(f"/tasks/{number}.screen_case.2", headers={"Accept-Language": "en"})
        assert "The information asked for" in page.text

        withdrawn = await company.post(
            f"/api/v1/cases/{number}/withdraw", json={"reason": "해결되었습니다."}
        )
        assert withdrawn.status_code == 200, withdrawn.text
        second = await company.post(f"/api/v1/cases/{number}/withdraw", json={})
        assert (second.status_code, second.json()["type"]) == (409, "/problems/case-closed")

        auditor = await signed_in(app, "auditor")
        history = await auditor.get(f"/api/v1/cases/{number}/history")
        assert history.status_code == 200, history.text
        acts = [
            (line["actor"], line["detail"]["update"])
            for line in history.json()["items"]
            if "update" in line["detail"]
        ]
        assert ("acc-triage", "complete_task") in acts
        assert ("company", "withdraw") in acts
        assert "합금" not in history.text
        raw = await auditor.get(f"/api/v1/cases/{number}/history", params={"format": "raw"})
        assert raw.json()["events"][0]["eventType"].endswith("WORKFLOW_EXECUTION_STARTED")


async def test_an_institute_cannot_act_on_a_case_it_was_not_offered(live: Centre) -> None:
    async with serving(live) as app, browser(app) as company:
        number = (await company.post("/api/v1/cases", json=difficulty())).json()["case_number"]
        triage, foreign = await signed_in(app, "triage"), await signed_in(app, "keri.head")
        task = await task_of(triage, number, "screen_case")

        refused = await foreign.post(f"/api/v1/tasks/{task['task_id']}/claim")

        assert refused.json()["type"] == "/problems/task-not-found"


async def test_a_withdrawn_case_is_closed_to_everything_but_reopening(live: Centre) -> None:
    async with serving(live) as app, browser(app) as company:
        receipt = (await company.post("/api/v1/cases", json=difficulty())).json()
        url = receipt["links"]["self"]
        company.headers["X-Tracking-Code"] = receipt["tracking_code"]
        triage = await signed_in(app, "triage")
        task = await task_of(triage, receipt["case_number"], "screen_case")

        too_early = await company.post(f"{url}/reopen", json={})
        await company.post(f"{url}/withdraw", json={"reason": "해결되었습니다."})
        too_late = await triage.post(
            f"/api/v1/tasks/{task['task_id']}/complete",
            json={"outcome": {"decision": "proceed"}},
            headers={"If-Match": "*"},
        )
        reopening = {"Idempotency-Key": "reopen-once"}
        reopened = await company.post(f"{url}/reopen", json={"reason": "재발"}, headers=reopening)
        repeated = await company.post(f"{url}/reopen", json={"reason": "재발"}, headers=reopening)
        view = (await company.get(url)).json()

    assert (too_early.status_code, too_early.json()["type"]) == (409, "/problems/case-open")
    assert (too_late.status_code, too_late.json()["type"]) == (409, "/problems/task-not-open")
    assert reopened.status_code == 200, reopened.text
    assert reopened.json() == repeated.json()
    assert view["status"] != "closed"
    assert [line["event"] for line in view["timeline"]].count("case:work:reopened") == 1


async def test_a_supervisor_gives_a_task_to_somebody_of_its_group_and_takes_it_back(
    live: Centre,
) -> None:
    async with serving(live) as app, browser(app) as company:
        number = (await company.post("/api/v1/cases", json=difficulty())).json()["case_number"]
        coordinator, triage = await signed_in(app, "coordinator"), await signed_in(app, "triage")
        url = f"/api/v1/tasks/{(await task_of(triage, number, 'screen_case'))['task_id']}"

        not_a_supervisor = await triage.post(
            f"{url}/reassign", json={"assignee": "acc-coordinator"}
        )
        given = await coordinator.post(
            f"{url}/reassign", json={"assignee": "acc-triage"}, headers={"If-Match": '"1"'}
        )
        stale = await coordinator.post(
            f"{url}/reassign", json={"assignee": None}, headers={"If-Match": '"1"'}
        )
        taken_back = await coordinator.post(
            f"{url}/reassign", json={"assignee": None}, headers={"If-Match": given.headers["ETag"]}
        )

    assert not_a_supervisor.status_code == 403
    assert given.json()["task"]["assignee"] == "acc-triage"
    assert stale.status_code == 412
    assert taken_back.json()["task"]["assignee"] is None


async def test_auditors_read_a_history_that_temporal_has_forgotten(live: Centre) -> None:
    async with serving(live) as app, browser(app) as company:
        filing = (await company.post("/api/v1/cases", json=difficulty())).json()
        number = filing["case_number"]
        auditor = await signed_in(app, "auditor")
        url = f"/api/v1/cases/{number}/history"
        remembered = await auditor.get(url)
        handle = live.temporal.get_workflow_handle(number)
        history = await handle.fetch_history()
        await archive.keep(
            live.pool,
            ArchivedHistory(
                workflow_id=number,
                run_id=remembered.json()["run_id"],
                closed_at=datetime.now(UTC),
                events=len(history.events),
                history=history.to_json(),
                projection=await handle.query(SupportCase.projection),
            ),
            datetime.now(UTC),
        )
    # The server's own namespace knows no case.
    forgetful = Client(live.temporal.service_client, namespace="temporal-system")
    async with serving(replace(live, temporal=forgetful)) as app:
        auditor = await signed_in(app, "auditor")
        archived = await auditor.get(url)
        unknown = await auditor.get("/api/v1/cases/1379-2026-999999/history")

    assert archived.status_code == 200, archived.text
    assert archived.json()["items"][:5] == remembered.json()["items"][:5]
    assert unknown.status_code == 404
