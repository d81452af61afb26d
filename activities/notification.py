"""Notification: mails are started once per message, outside the case's history, and delivered.

A case writes what is to be said together with the transition that causes it. Delivery is an
activity of its own per message, whose id is the message's key: the case neither waits for a mail
server nor carries its retries in its history.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

import aiosmtplib
import asyncpg
import structlog
from jinja2 import TemplateError
from temporalio import activity
from temporalio.client import Client
from temporalio.common import ActivityIDConflictPolicy, ActivityIDReusePolicy, RetryPolicy
from temporalio.exceptions import ActivityAlreadyStartedError, ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.mail_templates import Handler, Letter, MailTemplates
from infra.mail import SmtpMailer
from infra.postgres import notifications
from infra.settings import Settings
from schemas.actor import COMPANY_GROUP
from schemas.outcome import (
    TaskKind,
)
from schemas.record import Message
from workflows.activity_stubs import Notification

log = structlog.stdlib.get_logger()

TASK_QUEUE: Final = "notify"
_SEOUL: Final = ZoneInfo("Asia/Seoul")

# The conversation ends before Temporal gives the attempt up and starts another one beside it.
_ATTEMPT: Final = timedelta(seconds=30)
_CONVERSATION_SECONDS: Final = 25.0
# Pauses grow to a quarter of an hour in ten attempts; a hundred last almost a day. Then a person
# tells the company in another way.
_RETRIES: Final = RetryPolicy(
    initial_interval=timedelta(seconds=2),
    maximum_interval=timedelta(minutes=15),
    maximum_attempts=100,
)
# A record waits for this call: what takes longer is left to the sweeper.
_START_TIMEOUT: Final = timedelta(seconds=2)
_SIGNAL_TIMEOUT: Final = timedelta(seconds=10)

_PERMANENT: Final = 500
_STAFF_LANGUAGE: Final = "ko"
_NO_ADDRESS: Final = "no_address"


class Dispatcher:
    """Starts the delivery of messages that are stored."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def dispatch(self, keys: Sequence[str]) -> None:
        """Start one delivery per key; one that runs or succeeded already is not started again.

        Never fails: a delivery that could not be started is logged and started by the sweeper.
        """
        await asyncio.gather(*(self._start(key) for key in keys))

    async def _start(self, key: str) -> None:
        try:
            await self._client.start_activity_method(
                Notification.deliver,
                key,
                id=f"notify/{key}",
                task_queue=TASK_QUEUE,
                start_to_close_timeout=_ATTEMPT,
                retry_policy=_RETRIES,
                id_reuse_policy=ActivityIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                id_conflict_policy=ActivityIDConflictPolicy.USE_EXISTING,
                rpc_timeout=_START_TIMEOUT,
            )
        except ActivityAlreadyStartedError:
            log.debug("notification_dispatched_before", key=key)
        # A client that never connected raises a bare RuntimeError.
        except (RPCError, RuntimeError) as error:
            log.warning("notification_dispatch_failed", key=key, error=type(error).__name__)


class NotificationActivities(Notification):
    """Delivers messages by e-mail. A repeated call for a finished message does nothing."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        client: Client,
        settings: Settings,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Connect to what delivery needs.

        Args:
            pool: Connections to the centre's database.
            client: Tells a case that a message of it could not be delivered.
            settings: Of the mail server and of the links in messages.
            clock: Stamps attempts.
        """
        self._pool = pool
        self._client = client
        self._clock = clock
        self._mailer = SmtpMailer(settings)
        self._sender = settings.smtp_from
        self._domain = parseaddr(settings.smtp_from)[1].rpartition("@")[2]
        self._templates = MailTemplates(settings.public_url)

    @activity.defn(name="notification.deliver")
    async def deliver(self, key: str) -> None:
        """Deliver the message with this key, unless that is done.

        Raises:
            ApplicationError: The mail server could not take it now; Temporal tries again.
        """
        stored = await notifications.find(self._pool, key)
        if stored is None:
            raise ApplicationError(
                "There is no such message.", type="unknown_message", non_retryable=True
            )
        if stored.finished:
            return
        message = stored.message
        try:
            reader = await self._reader(message)
            letter = await self._letter(message, reader)
        except _Skipped as skipped:
            await self._skip(message, skipped.reason)
        except TemplateError as error:
            # The error names a template or a fact that is missing, never a person.
            log.exception("notification_template_failed", key=key, template=message.template)
            await self._give_up(message, f"template: {type(error).__name__}")
        else:
            mail = self._mail(message, reader, letter)
            await self._send(message, mail, letter.version, repeated=stored.attempted)

    # -- to whom --

    async def _reader(self, message: Message) -> "_Reader":
        if message.audience == COMPANY_GROUP:
            return await self._company(message.case_number)
        addresses = await self._staff(message.audience, self._today())
        if not addresses:
            raise _Skipped("no_recipient")
        return _Reader(tuple(addresses), _STAFF_LANGUAGE)

    async def _company(self, case_number: str) -> "_Reader":
        contact = await notifications.contact_of(self._pool, case_number)
        if contact is not None and contact.destroyed:
            raise _Skipped("contact_destroyed")
        if contact is None or contact.email is None:
            raise _Skipped(_NO_ADDRESS)
        return _Reader((contact.email,), contact.language)

    async def _staff(self, audience: str, day: date) -> list[str]:
        """Addresses of an account, a desk of the centre or a desk of an institute."""
        match audience.split(":"):
            case ["account", account_id]:
                return await notifications.account_addresses(self._pool, account_id, day)
            case ["centre", role]:
                return await notifications.desk_addresses(self._pool, role, None, day)
            case ["institute", institute, role]:
                found = await notifications.desk_addresses(self._pool, role, institute, day)
                if found:
                    return found
                # Nobody has an account there yet: its department passes the message on.
                department = await notifications.department_of(self._pool, institute, day)
                return [] if department is None else [department.email]
            case _:
                raise _Skipped("unknown_audience")

    # -- what --

    async def _letter(self, message: Message, reader: "_Reader") -> Letter:
        named = message.parameters.get("institute")
        return self._templates.render(
            message,
            language=reader.language,
            handler=await self._handler(message.case_number, reader.language),
            institute=None if named is None else await self._institute(named, reader.language),
        )

    async def _handler(self, case_number: str, language: str) -> Handler | None:
        lead = await notifications.lead_institute(self._pool, case_number)
        if lead is None:
            return None
        department = await notifications.department_of(self._pool, lead, self._today())
        if department is None:
            return None
        institute = department.institute_en if language == "en" else department.institute_ko
        return Handler(f"{institute} {department.name}", department.phone)

    async def _institute(self, code: str, language: str) -> str:
        department = await notifications.department_of(self._pool, code, self._today())
        if department is None:
            return code
        return department.institute_en if language == "en" else department.institute_ko

    def _mail(self, message: Message, reader: "_Reader", letter: Letter) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self._sender
        if len(reader.addresses) == 1:
            mail["To"] = reader.addresses[0]
        else:
            # Several people are not told each other's addresses.
            mail["To"] = self._sender
            mail["Bcc"] = ", ".join(reader.addresses)
        mail["Subject"] = letter.subject
        mail["Date"] = format_datetime(self._clock())
        mail["Message-ID"] = message_id(message.key, self._domain)
        # Mail programs show the messages of one case together.
        mail["References"] = f"<{message.case_number}@{self._domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(letter.text)
        mail.add_alternative(letter.html, subtype="html")
        return mail

    # -- sending, and what becomes of it --

    async def _send(
        self, message: Message, mail: EmailMessage, version: str, *, repeated: bool
    ) -> None:
        if repeated:
            # The earlier attempt ended between the mail server's answer and our record of it. The
            # Message-ID is the same, so that mail programs can show one of the two.
            log.warning("notification_repeated", key=message.key, case_number=message.case_number)
        await notifications.mark_attempted(self._pool, message.key, self._clock())
        try:
            async with asyncio.timeout(_CONVERSATION_SECONDS):
                await self._mailer.send(mail)
        except (aiosmtplib.SMTPException, OSError) as error:
            await self._after_refusal(message, _Refusal.of(error))
            return
        await notifications.mark_sent(
            self._pool,
            message.key,
            at=self._clock(),
            message_id=mail["Message-ID"],
            template_version=version,
            repeated=repeated,
        )
        log.info(
            "notification_sent",
            key=message.key,
            case_number=message.case_number,
            template=message.template,
        )

    async def _after_refusal(self, message: Message, refusal: "_Refusal") -> None:
        if refusal.certain:
            await notifications.mark_refused(self._pool, message.key)
        if refusal.permanent or _is_last_attempt():
            await self._give_up(message, refusal.reason)
            return
        # Raised without its cause: the mail server's answer may repeat the address.
        raise ApplicationError(
            "The mail server did not take the message.", type=refusal.reason
        ) from None

    async def _skip(self, message: Message, reason: str) -> None:
        if reason == _NO_ADDRESS and "task" in message.parameters:
            # The company is expected to do something and does not read mail: somebody calls.
            await self._tell_case(message)
        await notifications.mark_skipped(self._pool, message.key, at=self._clock(), reason=reason)
        log.info(
            "notification_skipped",
            key=message.key,
            case_number=message.case_number,
            reason=reason,
        )

    async def _give_up(self, message: Message, reason: str) -> None:
        # The case first: after a crash in between, a person is asked twice rather than never.
        if message.parameters.get("task_kind") != TaskKind.NOTIFY_OTHERWISE:
            await self._tell_case(message)
        await notifications.mark_failed(self._pool, message.key, at=self._clock(), reason=reason)
        log.warning(
            "notification_failed",
            key=message.key,
            case_number=message.case_number,
            template=message.template,
            reason=reason,
        )

    async def _tell_case(self, message: Message) -> None:
        """Have somebody tell the person in another way.

        Not for messages about that very task: a broken mailbox at the centre would otherwise
        make the next task out of each failure.
        """
        try:
            await self._client.get_workflow_handle(message.case_number).signal(
                "message_failed", message.key, rpc_timeout=_SIGNAL_TIMEOUT
            )
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            log.info("notification_case_over", key=message.key, case_number=message.case_number)

    def _today(self) -> date:
        return self._clock().astimezone(_SEOUL).date()


def message_id(key: str, domain: str) -> str:
    """The Message-ID of a message: the same each time it is sent, and no key is read from it."""
    return f"<{sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def _is_last_attempt() -> bool:
    info = activity.info()
    limit = 0 if info.retry_policy is None else info.retry_policy.maximum_attempts
    return 0 < limit <= info.attempt


class _Skipped(Exception):
    """There is nobody to send the message to."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class _Reader:
    addresses: tuple[str, ...]
    language: str


@dataclass(frozen=True)
class _Refusal:
    """Why a mail server did not take a message.

    Attributes:
        reason: A code.
        permanent: The same message would be refused again.
        certain: The message did not go out; otherwise nobody knows.
    """

    reason: str
    permanent: bool
    certain: bool

    @staticmethod
    def of(error: Exception) -> "_Refusal":
        """What an SMTP client's error means."""
        match error:
            case (
                aiosmtplib.SMTPAuthenticationError(code=code)
                | aiosmtplib.SMTPConnectResponseError(code=code)
                | aiosmtplib.SMTPHeloError(code=code)
                | aiosmtplib.SMTPSenderRefused(code=code)
            ):
                # It refuses us, not this message: an operator puts that right.
                return _Refusal(f"smtp_{code}", permanent=False, certain=True)
            case aiosmtplib.SMTPRecipientsRefused():
                codes = [refused.code for refused in error.recipients]
                return _Refusal(
                    f"smtp_{max(codes)}", permanent=min(codes) >= _PERMANENT, certain=True
                )
            case aiosmtplib.SMTPResponseException():
                return _Refusal(
                    f"smtp_{error.code}", permanent=error.code >= _PERMANENT, certain=True
                )
            case aiosmtplib.SMTPConnectError() | aiosmtplib.SMTPConnectTimeoutError():
                return _Refusal("smtp_unreachable", permanent=False, certain=True)
            case _:
                return _Refusal("smtp_interrupted", permanent=False, certain=False)
