"""Messages reach people once, over a real mail server, or somebody is told that they do not."""

import asyncio
import os
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count

import asyncpg
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from structlog.testing import capture_logs
from temporalio.client import ActivityFailureError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.notification import TASK_QUEUE, Dispatcher, NotificationActivities, message_id
from infra.postgres import notifications
from infra.settings import Settings
from schemas.actor import COMPANY_GROUP, Role, centre_group, institute_group
from schemas.base import case_number
from schemas.outcome import (
    TaskKind,
)
from schemas.record import Message
from tests.driver import StartCase
from workflows.activity_stubs import Notification

ADDRESS = "contact@company.example"
DOMAIN = "center1379.example"
_SERIALS = count(1)


@dataclass
class PostOffice:
    """A mail server that keeps what it takes, and refuses or hangs up when it is told to."""

    port: int = 0
    taken: list[Envelope] = field(default_factory=list[Envelope])
    answers_to_recipient: list[str] = field(default_factory=list[str])
    hang_up_after_taking: int = 0

    async def handle_RCPT(  # noqa: N802  # the name that aiosmtpd calls
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        answer = self.answers_to_recipient.pop(0) if self.answers_to_recipient else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802  # the name that aiosmtpd calls
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        self.taken.append(envelope)
        if self.hang_up_after_taking:
            self.hang_up_after_taking -= 1
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return "250 Taken"

    def mails(self, key: str) -> list[EmailMessage]:
        """Every mail that came for this message."""
        parsed = [
            message_from_bytes(envelope.original_content or b"", policy=policy.default)
            for envelope in self.taken
        ]
        return [mail for mail in parsed if mail["Message-ID"] == message_id(key, DOMAIN)]


@pytest.fixture
async def post_office() -> AsyncIterator[PostOffice]:
    office = PostOffice()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(office, loop=loop), "127.0.0.1", 0)
    office.port = server.sockets[0].getsockname()[1]
    async with server:
        yield office


@pytest.fixture
async def dispatcher(
    temporal: WorkflowEnvironment, database: asyncpg.Pool, post_office: PostOffice
) -> AsyncIterator[Dispatcher]:
    settings = Settings.model_validate(
        {
            "database_url": "postgresql://",
            "codec_keys": "k1:" + b64encode(os.urandom(32)).decode(),
            "codec_active_key": "k1",
            "pepper": "p" * 32,
            "smtp_port": post_office.port,
            "smtp_from": f"1379 <no-reply@{DOMAIN}>",
        }
    )
    activities = NotificationActivities(database, temporal.client, settings)
    async with Worker(temporal.client, task_queue=TASK_QUEUE, activities=[activities.deliver]):
        yield Dispatcher(temporal.client)


@dataclass
class Case:
    """A case with a contact, and what is sent about it."""

    database: asyncpg.Pool
    temporal: WorkflowEnvironment
    number: str

    async def message(
        self, template: str = "withdrawn", audience: str = COMPANY_GROUP, **parameters: str
    ) -> str:
        """Store a message as a transition does, and return its key."""
        message = Message(
            key=f"{self.number}/1/{template}/{audience}",
            case_number=self.number,
            template=template,
            audience=audience,
            parameters=parameters,
        )
        [key] = await notifications.add_pending(self.database, [message], datetime.now(UTC))
        return key

    async def until_delivered(self, key: str) -> asyncpg.Record:
        """The message's row when its delivery has ended."""
        await self.temporal.client.get_activity_handle(f"notify/{key}").result()
        return await self.row(key)

    async def row(self, key: str) -> asyncpg.Record:
        row = await self.database.fetchrow(
            """
            SELECT status, reason, repeated, message_id, template_version, attempted_at
              FROM notification
             WHERE key = $1
            """,
            key,
        )
        assert row is not None
        return row


async def add_contact(
    database: asyncpg.Pool, number: str, email: str | None = ADDRESS, language: str = "ko"
) -> None:
    await database.execute(
        "INSERT INTO contact (case_number, email, language) VALUES ($1, $2, $3)",
        number,
        email,
        language,
    )


async def add_account(
    database: asyncpg.Pool, account_id: str, role: Role, institute: str | None = None
) -> str:
    email = f"{account_id}@staff.example"
    await database.execute(
        """
        INSERT INTO account (account_id, username, password_hash, role, institute, display_name,
                             email, valid_from)
        VALUES ($1, $1, '', $2, $3, '', $4, $5)
        """,
        account_id,
        role.value,
        institute,
        email,
        date(2013, 1, 1),
    )
    return email


async def add_department(database: asyncpg.Pool, institute: str) -> None:
    await database.execute(
        """
        INSERT INTO institute (code, name_ko, name_en, city, valid_from)
        VALUES ($1, '시험연구원', 'Test Institute', '', $2)
        """,
        institute,
        date(2013, 1, 1),
    )
    await database.execute(
        """
        INSERT INTO support_department (institute, name, phone, email, valid_from)
        VALUES ($1, '중소기업협력실', '042-000-0000', 'desk@institute.example', $2)
        """,
        institute,
        date(2013, 1, 1),
    )


@pytest.fixture
async def case(database: asyncpg.Pool, temporal: WorkflowEnvironment) -> AsyncIterator[Case]:
    yield Case(database, temporal, case_number(2031, next(_SERIALS)))
    # Who works where is no case's own: other tests count it.
    await database.execute("DELETE FROM account WHERE account_id LIKE 'acc-probe-%'")
    await database.execute("DELETE FROM support_department WHERE institute LIKE 'PROBE%'")
    await database.execute("DELETE FROM institute WHERE code LIKE 'PROBE%'")


# -- once --


async def test_a_message_dispatched_by_many_at_once_is_one_mail(
    case: Case, dispatcher: Dispatcher, post_office: PostOffice
) -> None:
    await add_contact(case.database, case.number)
    key = await case.message()

    await asyncio.gather(*(dispatcher.dispatch([key, key]) for _ in range(5)))
    row = await case.until_delivered(key)
    await dispatcher.dispatch([key])
    await asyncio.sleep(0.2)

    assert row["status"] == "sent"
    assert row["message_id"] == message_id(key, DOMAIN)
    assert row["template_version"]
    assert not row["repeated"]
    assert len(post_office.mails(key)) == 1
    assert post_office.taken[0].rcpt_tos == [ADDRESS]


async def test_a_delivery_that_nobody_served_in_time_can_be_started_again(
    case: Case, temporal: WorkflowEnvironment, dispatcher: Dispatcher, post_office: PostOffice
) -> None:
    await add_contact(case.database, case.number)
    key = await case.message()
    unserved = await temporal.client.start_activity_method(
        Notification.deliver,
        key,
        id=f"notify/{key}",
        task_queue="nobody-serves-this",
        schedule_to_close_timeout=timedelta(milliseconds=100),
    )
    with pytest.raises(ActivityFailureError):
        await unserved.result()

    await dispatcher.dispatch([key])

    assert (await case.until_delivered(key))["status"] == "sent"
    assert len(post_office.mails(key)) == 1


async def test_a_crash_after_the_attempt_repeats_the_mail_under_its_id_and_says_so(
    case: Case, dispatcher: Dispatcher, post_office: PostOffice
) -> None:
    await add_contact(case.database, case.number)
    key = await case.message()
    await notifications.mark_attempted(case.database, key, datetime.now(UTC))

    with capture_logs() as logs:
        await dispatcher.dispatch([key])
        row = await case.until_delivered(key)

    assert row["status"] == "sent"
    assert row["repeated"]
    assert [line["key"] for line in logs if line["event"] == "notification_repeated"] == [key]
    assert len(post_office.mails(key)) == 1


async def test_a_server_that_hangs_up_after_taking_gets_the_same_id_again(
    case: Case, dispatcher: Dispatcher, post_office: PostOffice
) -> None:
    await add_contact(case.database, case.number)
    post_office.hang_up_after_taking = 1
    key = await case.message()

    await dispatcher.dispatch([key])
    row = await case.until_delivered(key)

    assert row["repeated"]
    assert len(post_office.mails(key)) == 2


# -- refusals --


async def test_a_refusal_for_now_is_tried_again_and_is_no_repetition(
    case: Case, dispatcher: Dispatcher, post_office: PostOffice
) -> None:
    await add_contact(case.database, case.number)
    post_office.answers_to_recipient = ["451 Try again"]
    key = await case.message()

    await dispatcher.dispatch([key])
    row = await case.until_delivered(key)

    assert row["status"] == "sent"
    assert not row["repeated"]
    assert len(post_office.mails(key)) == 1


async def test_a_refusal_for_good_gives_somebody_the_task_to_tell_the_company(
    case: Case, dispatcher: Dispatcher, post_office: PostOffice, start_case: StartCase
) -> None:
    driver = await start_case()
    case.number = driver.handle.id
    await add_contact(case.database, case.number)
    post_office.answers_to_recipient = ["550 No such person"]
    key = await case.message()

    with capture_logs() as logs:
        await dispatcher.dispatch([key])
        row = await case.until_delivered(key)

    task = await driver.open_task(TaskKind.NOTIFY_OTHERWISE)
    assert task.parameters["message"] == key
    assert (row["status"], row["reason"]) == ("failed", "smtp_550")
    assert ADDRESS not in str(logs)
    assert post_office.mails(key) == []


async def test_a_failed_message_about_telling_otherwise_makes_no_further_task(
    case: Case, dispatcher: Dispatcher, post_office: PostOffice, start_case: StartCase
) -> None:
    driver = await start_case()
    case.number = driver.handle.id
    await add_account(case.database, "acc-probe-1", Role.COORDINATOR)
    post_office.answers_to_recipient = ["550 No such person"]
    key = await case.message(
        "task_assigned",
        "account:acc-probe-1",
        task_kind=TaskKind.NOTIFY_OTHERWISE,
        due_at=datetime.now(UTC).isoformat(),
    )

    await dispatcher.dispatch([key])

    assert (await case.until_delivered(key))["status"] == "failed"
    assert TaskKind.NOTIFY_OTHERWISE not in await driver.open_kinds()


async def test_the_last_attempt_gives_up(
    case: Case, temporal: WorkflowEnvironment, dispatcher: Dispatcher, post_office: PostOffice
) -> None:
    await add_contact(case.database, case.number)
    post_office.answers_to_recipient = ["451 Try again"] * 3
    key = await case.message()

    with capture_logs() as logs:
        await temporal.client.start_activity_method(
            Notification.deliver,
            key,
            id=f"notify/{key}",
            task_queue=TASK_QUEUE,
            start_to_close_timeout=timedelta(seconds=10),
            retry_policy=RetryPolicy(
                initial_interval=timedelta(milliseconds=50), maximum_attempts=2
            ),
        )
        row = await case.until_delivered(key)

    assert (row["status"], row["reason"]) == ("failed", "smtp_451")
    assert len(post_office.answers_to_recipient) == 1
    # Its case is not running; there is nobody to tell.
    assert "notification_case_over" in [line["event"] for line in logs]


async def test_an_unknown_template_fails_and_says_why(
    case: Case, dispatcher: Dispatcher, post_office: PostOffice
) -> None:
    await add_contact(case.database, case.number)
    key = await case.message("no_such_template")

    await dispatcher.dispatch([key])
    row = await case.until_delivered(key)

    assert (row["status"], row["reason"]) == ("failed", "template: TemplateNotFound")


async def test_an_unknown_message_is_not_tried_again(
    case: Case, temporal: WorkflowEnvironment, dispatcher: Dispatcher
) -> None:
    await dispatcher.dispatch(["no-such-key"])

    with pytest.raises(ActivityFailureError) as failed:
        await temporal.client.get_activity_handle("notify/no-such-key").result()
    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.type == "unknown_message"


# -- to whom --


async def test_a_company_without_an_address_is_skipped_with_the_reason(
    case: Case, dispatcher: Dispatcher, post_office: PostOffice
) -> None:
    await add_contact(case.database, case.number, email=None)
    key = await case.message()

    await dispatcher.dispatch([key])
    row = await case.until_delivered(key)

    assert (row["status"], row["reason"]) == ("skipped", "no_address")
    assert post_office.taken == []


async def test_a_company_without_an_address_that_is_asked_for_something_is_told_by_somebody(
    case: Case, dispatcher: Dispatcher, post_office: PostOffice, start_case: StartCase
) -> None:
    driver = await start_case()
    case.number = driver.handle.id
    await add_contact(case.database, case.number, email=None)
    told, asked = (
        await case.message("withdrawn"),
        await case.message(
            "task_reminder",
            task=f"{case.number}.answer_contact.1",
            task_kind=TaskKind.ANSWER_CONTACT.value,
            due_at=datetime.now(UTC).isoformat(),
        ),
    )

    await dispatcher.dispatch([told, asked])
    rows = [await case.until_delivered(key) for key in (told, asked)]

    assert {row["reason"] for row in rows} == {"no_address"}
    task = await driver.open_task(TaskKind.NOTIFY_OTHERWISE)
    assert task.parameters["message"] == asked
    assert len(await driver.open_kinds()) == 2  # with the screening


async def test_a_company_whose_data_were_destroyed_is_skipped_with_the_reason(
    case: Case, dispatcher: Dispatcher, post_office: PostOffice
) -> None:
    await add_contact(case.database, case.number)
    await case.database.execute(
        "UPDATE contact SET destroyed_at = now() WHERE case_number = $1", case.number
    )
    key = await case.message()

    await dispatcher.dispatch([key])
    row = await case.until_delivered(key)

    assert (row["status"], row["reason"]) == ("skipped", "contact_destroyed")
    assert post_office.taken == []


async def test_an_account_that_is_gone_is_skipped_with_the_reason(
    case: Case, dispatcher: Dispatcher, post_office: PostOffice
) -> None:
    key = await case.message("case_withdrawn_staff", "account:acc-nobody")

    await dispatcher.dispatch([key])

    row = await case.until_delivered(key)
    assert (row["status"], row["reason"]) == ("skipped", "no_recipient")


async def test_a_desk_gets_one_mail_that_shows_nobody_elses_address(
    case: Case, dispatcher: Dispatcher, post_office: PostOffice
) -> None:
    first = await add_account(case.database, "acc-probe-2", Role.MINISTRY)
    second = await add_account(case.database, "acc-probe-3", Role.MINISTRY)
    key = await case.message("case_withdrawn_staff", centre_group(Role.MINISTRY))

    await dispatcher.dispatch([key])
    await case.until_delivered(key)

    [envelope] = post_office.taken
    assert {first, second} <= set(envelope.rcpt_tos)
    assert first.encode() not in (envelope.original_content or b"")


async def test_a_desk_without_accounts_is_reached_through_its_department(
    case: Case, dispatcher: Dispatcher, post_office: PostOffice
) -> None:
    await add_department(case.database, "PROBEA")
    key = await case.message("case_withdrawn_staff", institute_group("PROBEA", Role.DEPT_HEAD))

    await dispatcher.dispatch([key])
    await case.until_delivered(key)

    assert post_office.taken[0].rcpt_tos == ["desk@institute.example"]


# -- what --


async def test_a_company_reads_its_own_language_and_whom_to_ask(
    case: Case, dispatcher: Dispatcher, post_office: PostOffice, start_case: StartCase
) -> None:
    driver = await start_case()
    case.number = driver.handle.id
    await driver.settle(case.database)
    await add_department(case.database, "PROBEB")
    await case.database.execute(
        "UPDATE support_case SET lead_institute = 'PROBEB' WHERE case_number = $1", case.number
    )
    await add_contact(case.database, case.number, language="en")
    key = await case.message("case_accepted", institute="PROBEB")

    await dispatcher.dispatch([key])
    await case.until_delivered(key)

    [mail] = post_office.mails(key)
    assert mail["Subject"] == f"[{case.number}] An institute has taken your case"
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "Department: Test Institute 중소기업협력실" in text
    assert "Telephone: 042-000-0000" in text
    assert f"http://127.0.0.1:1379/cases/{case.number}" in text
    assert mail.get_body(("html",)) is not None
