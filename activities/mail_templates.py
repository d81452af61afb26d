"""Words of a message: subject, plain text and HTML from one template, in the reader's language."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateRuntimeError,
)

from schemas.actor import COMPANY_GROUP
from schemas.base import is_round
from schemas.record import Message

FOLDER: Final = Path(__file__).parent / "templates" / "mail"
LANGUAGES: Final = ("ko", "en")
_SEOUL: Final = ZoneInfo("Asia/Seoul")
_MOMENT: Final = {"ko": "y년 M월 d일(EEE) HH:mm", "en": "EEE d MMM y, HH:mm 'Korean time'"}
_VERSION_LENGTH: Final = 12
_BLANK_LINES: Final = re.compile("\n{3,}")


@dataclass(frozen=True)
class Handler:
    """Whom the company can ask about its case.

    Attributes:
        phone: None where the department's number is not known.
    """

    department: str
    phone: str | None


@dataclass(frozen=True)
class Letter:
    """A message as it is sent.

    Attributes:
        version: Changes with every change of its wording.
    """

    subject: str
    text: str
    html: str
    version: str


class MailTemplates:
    """The centre's messages. Templates name facts by code; `<language>.toml` puts codes in words.

    A template is one file per language, of three blocks: `subject`, `what` happened, what there
    is `todo`. The layouts add the case number, the due date, the handler and the link.
    """

    def __init__(self, public_url: str) -> None:
        """Load the words.

        Args:
            public_url: Where people reach the pages; no slash at the end.
        """
        self._public_url = public_url
        self._words = {language: words(language) for language in LANGUAGES}
        self._text = {language: _environment(language, html=False) for language in LANGUAGES}
        self._html = {language: _environment(language, html=True) for language in LANGUAGES}

    def render(
        self,
        message: Message,
        *,
        language: str,
        handler: Handler | None,
        institute: str | None = None,
    ) -> Letter:
        """Put a message into words.

        Args:
            message: What is to be said, in codes.
            language: The reader's; Korean when the centre does not write in it.
            handler: Whom to ask; the centre itself when None.
            institute: Name of the institute that the message's parameters name.

        Raises:
            jinja2.TemplateError: There is no such template, or the message lacks what it shows.
        """
        language = language if language in LANGUAGES else "ko"
        facts: dict[str, Any] = {
            **message.parameters,
            "case_number": message.case_number,
            "for_company": message.audience == COMPANY_GROUP,
            "handler": handler,
            "link": self._public_url + _path(message),
            "language": language,
            "words": self._words[language],
        }
        if institute is not None:
            facts["institute"] = institute
        name = f"{message.template}.j2"
        plain = self._text[language].get_template(name)
        rich = self._html[language].get_template(name)
        return Letter(
            subject=" ".join(plain.render(facts, layout="subject.j2").split()),
            text=_BLANK_LINES.sub("\n\n", plain.render(facts, layout="text.j2").strip()) + "\n",
            html=rich.render(facts, layout="html.j2"),
            version=self._version(language, name),
        )

    def _version(self, language: str, name: str) -> str:
        """A hash over everything the wording depends on, so that nobody has to count up."""
        parts = (name, "subject.j2", "text.j2", "html.j2")
        loader = self._text[language].loader
        if loader is None:
            raise TemplateNotFound(name)
        content = sha256((FOLDER / f"{language}.toml").read_bytes())
        for part in parts:
            content.update(loader.get_source(self._text[language], part)[0].encode())
        return content.hexdigest()[:_VERSION_LENGTH]


def _environment(language: str, *, html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([FOLDER / language, FOLDER]),
        autoescape=html,  # noqa: S701  # the plain text must not be escaped
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = partial(moment, language=language)
    return environment


def words(language: str) -> Mapping[str, Mapping[str, str]]:
    """What codes are called in a language."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))


def moment(at: str, *, language: str) -> str:
    """An instant in ISO form as people in Korea read it.

    Raises:
        TemplateRuntimeError: The message has no such instant.
    """
    try:
        # An undefined fact says so when it is made a text.
        instant = datetime.fromisoformat(str(at))
    except ValueError as error:
        raise TemplateRuntimeError("not an instant") from error
    return format_datetime(instant, _MOMENT[language], tzinfo=_SEOUL, locale=language)


def _path(message: Message) -> str:
    """Where the reader goes on; nothing in it tells who opened it."""
    case = message.case_number
    task = message.parameters.get("task")
    if message.audience != COMPANY_GROUP:
        if task:
            return f"/tasks/{task}"
        return f"/rounds/{case}" if is_round(case) else f"/staff/cases/{case}"
    return f"/cases/{case}/tasks/{task}" if task else f"/cases/{case}"
