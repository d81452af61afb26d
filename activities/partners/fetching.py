"""Asks a partner's service once. Nothing is repeated here: Temporal does that, and shows it."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

import httpx
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from pydantic_core import from_json

from activities.partners.answers import PartnerAway, PartnerLimited, PartnerRefuses, failure_of

_LARGEST: Final = 30_000_000


class Fetcher:
    """Reads addresses within a time and a size, and tells the ways to fail apart."""

    def __init__(self, http: httpx.AsyncClient, seconds: float) -> None:
        """Use one client; an answer may take `seconds` from the request to its last byte."""
        self._http = http
        self._seconds = seconds

    async def fetch(self, url: str, asked: Mapping[str, str | int]) -> bytes:
        """The body of the answer.

        Raises:
            PartnerFailure: There is none. What the client says is left out: it holds the address,
                and that the key.
        """
        try:
            async with (
                asyncio.timeout(self._seconds),
                # The client's own limits are shorter.
                self._http.stream("GET", url, params=dict(asked), timeout=self._seconds) as answer,
            ):
                _check(answer.status_code)
                body = bytearray()
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > _LARGEST:
                        raise PartnerRefuses("too-large")
                return bytes(body)
        except (TimeoutError, httpx.TimeoutException):
            raise PartnerAway("timed-out") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise PartnerRefuses("wrong-address") from None
        except httpx.HTTPError:
            raise PartnerAway("unreachable") from None

    async def xml(self, url: str, asked: Mapping[str, str | int]) -> Element:
        """The answer as XML; the portal in front of a service may refuse in its own form.

        Raises:
            PartnerFailure: There is no answer, no XML, or a refusal.
        """
        body = await self.fetch(url, asked)
        try:
            root = fromstring(body, forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError, LookupError):
            raise PartnerAway("no-xml") from None
        if root.tag == "OpenAPI_ServiceResponse":
            raise failure_of(text_of(root, "cmmMsgHeader/returnReasonCode") or "99")
        return root

    async def json(self, url: str, asked: Mapping[str, str | int]) -> Any:  # noqa: ANN401  # JSON
        """The answer as JSON.

        Raises:
            PartnerFailure: There is no answer, or no JSON.
        """
        body = await self.fetch(url, asked)
        try:
            return from_json(body)
        except ValueError:
            raise PartnerAway("no-json") from None


def text_of(element: Element, path: str) -> str:
    """The text of the first element at `path`; empty when there is none."""
    return (element.findtext(path) or "").strip()


def number_of(element: Element, path: str) -> int:
    """The whole number at `path`.

    Raises:
        PartnerAway: There is none, so the answer is broken.
    """
    try:
        return int(text_of(element, path))
    except ValueError:
        raise PartnerAway("no-count") from None


def _check(status: int) -> None:
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise PartnerRefuses("key-refused")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise PartnerLimited("too-many-requests")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise PartnerAway("server-error")
    if status != HTTPStatus.OK:
        raise PartnerRefuses(f"http-{status}")
