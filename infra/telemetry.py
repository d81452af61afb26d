"""Logs: one line per event, ids as keys, never personal data."""

import logging  # noqa: TID251  # the one place that joins the standard library's logging to structlog
import sys
from typing import Any, Final, TextIO, cast

import structlog
from structlog.contextvars import bound_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger
from temporalio import activity, workflow
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from infra.settings import Settings

MASK: Final = "[masked]"

# Whatever a company writes or is reached by. A log line never needs it: it names the case.
_PERSONAL: Final = frozenset(
    {
        "address",
        "answer",
        "body",
        "business_registration_number",
        "comment",
        "company",
        "contact",
        "contact_name",
        "description",
        "display_name",
        "email",
        "message",
        "mobile",
        "name",
        "outcome_text",
        "password",
        "phone",
        "recipient",
        "subject",
        "text",
        "title",
        "token",
        "tracking_code",
        "username",
    }
)


def configure_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Send structlog's and the standard library's records to one stream in one form.

    Args:
        settings: Form and level.
        stream: None is stderr.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        mask_personal_data,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr if stream is None else stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(settings),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    # Their events would repeat ours at each turn of a poll or a request.
    for chatty in ("asyncio", "holidays", "mail", "temporalio.worker", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # They log addresses, and those of partners hold keys.
    for telltale in ("httpcore", "httpx"):
        logging.getLogger(telltale).setLevel(logging.WARNING)
    # Otherwise the SDK appends its details to the message, and the event is no constant.
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False


def _renderers(settings: Settings) -> list[Processor]:
    # Tracebacks without local variables, which structlog and rich show otherwise: they are what a
    # company wrote.
    if settings.log_format == "json":
        return [
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
    return [
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        )
    ]


def mask_personal_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hide the values of keys that hold what a company wrote or how a person is reached.

    A safety net: the rule is that such keys are not logged at all.
    """
    for key, value in event.items():
        event[key] = _masked(key, value)
    return event


def _masked(key: str, value: Any) -> Any:  # noqa: ANN401  # whatever a record holds
    if key.lower() in _PERSONAL:
        return MASK
    if isinstance(value, dict):
        held = cast("dict[object, object]", value)
        return {inner: _masked(str(inner), inside) for inner, inside in held.items()}
    return value


class LogContext(Interceptor):
    """Binds an activity's case, name and attempt to every line that is logged while it runs."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002  # the SDK's name
        return _ActivityLogContext(next)


class _ActivityLogContext(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401  # the SDK's signature
        info = activity.info()
        # A case's workflow id is its number; a round's or a licence's says which it is.
        with bound_contextvars(
            case_number=info.workflow_id, activity=info.activity_type, attempt=info.attempt
        ):
            return await super().execute_activity(input)
