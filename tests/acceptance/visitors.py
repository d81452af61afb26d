"""The people who use a centre, as they reach it: over HTTP, and by the mail it sends."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.api.conftest import business_number

_PATIENCE_SECONDS = 45.0
# What a client sees of a part that was killed in the middle of its request; never 500.
_PASSING = {503}


class Centre:
    """A running centre."""

    def __init__(self, url: str, password: str, data: Path) -> None:
        self.url = url
        self.data = data
        self.is_patient = False
        self._password = password
        self._http: httpx.AsyncClient | None = None
        self._tokens: dict[str, str] = {}

    def at(self, url: str) -> "Centre":
        """The same centre at another address."""
        return Centre(url, self._password, self.data)

    @asynccontextmanager
    async def connected(self) -> AsyncGenerator[None]:
        """Open connections for one test."""
        async with httpx.AsyncClient(base_url=f"{self.url}/api/v1", timeout=30) as http:
            self._http = http
            yield

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """One request, without judging the answer.

        While parts of the centre are being killed, it is repeated with the same headers, so with
        the same idempotency key, as a careful client does.
        """
        assert self._http is not None
        for _ in range(150 if self.is_patient else 0):
            try:
                answer = await self._http.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(0.3)
                continue
            if answer.status_code not in _PASSING:
                return answer
            await asyncio.sleep(0.3)
        return await self._http.request(method, path, json=body, headers=headers)

    @staticmethod
    def difficulty(description: str, **changes: Any) -> dict[str, Any]:
        """What a company of its own sends to file a difficulty."""
        return {
            "service": "difficulty",
            "channel": "web",
            "company": {
                "name": "합성기업",
                "business_registration_number": business_number(),
                "contact_name": "합성 담당자",
                "email": "company@sme.example",
                "phone": "02-0000-0000",
                "region": "서울",
                "has_research_lab": True,
            },
            "title": "주조품 내부 기공",
            "description": description,
            "consents": {
                "collect_use": {"given": True, "text_version": "2013-1"},
                "provide_to_institutes": {"given": True, "text_version": "2013-1"},
            },
            **changes,
        }

    async def file(self, description: str, **changes: Any) -> "Company":
        """File a difficulty as a company does."""
        answer = await self.call(
            "POST",
            "/cases",
            body=self.difficulty(description, **changes),
            headers={"Idempotency-Key": uuid4().hex},
        )
        assert answer.status_code in {201, 202}, answer.text
        receipt = answer.json()
        return Company(self, receipt["case_number"], receipt["tracking_code"])

    async def staff(self, username: str) -> "Staff":
        """Sign in as one of the demonstration accounts."""
        if username not in self._tokens:
            answer = await self.call(
                "POST", "/sessions", body={"username": username, "password": self._password}
            )
            assert answer.status_code in {200, 201}, answer.text
            assert self._http is not None
            # Each visitor names itself by its token; a session in the jar would be everybody's.
            self._http.cookies.clear()
            self._tokens[username] = answer.json()["token"]
        return Staff(self, username, self._tokens[username])

    def mails(self, case_number: str) -> list[EmailMessage]:
        """Mails about a case, in the order in which the mailbox took them."""
        found: list[EmailMessage] = []
        for path in sorted((self.data / "mail").glob("*.eml")):
            mail = message_from_bytes(path.read_bytes(), policy=default)
            assert isinstance(mail, EmailMessage)
            if case_number in str(mail["Subject"]):
                found.append(mail)
        return found

    async def mail_to(self, case_number: str, address: str, words: str) -> EmailMessage:
        """The mail to somebody whose subject has these words, as soon as it came."""
        for _ in range(int(_PATIENCE_SECONDS / 0.2)):
            for mail in self.mails(case_number):
                if address in str(mail["To"]) and words in str(mail["Subject"]):
                    return mail
            await asyncio.sleep(0.2)
        subjects = [(str(mail["To"]), str(mail["Subject"])) for mail in self.mails(case_number)]
        raise AssertionError(f"no mail to {address} about {words}: {subjects}")


class Company:
    """A company with its case number and tracking code."""

    def __init__(self, centre: Centre, case_number: str, code: str) -> None:
        self.centre = centre
        self.case_number = case_number
        self._headers = {"X-Tracking-Code": code}
        self.code = code

    async def case(self) -> dict[str, Any]:
        """The company's view of its case."""
        answer = await self.centre.call("GET", f"/cases/{self.case_number}", headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def until(self, **wanted: Any) -> dict[str, Any]:
        """The case as soon as its fields have these values."""
        case: dict[str, Any] = {}
        for _ in range(int(_PATIENCE_SECONDS / 0.2)):
            case = await self.case()
            if all(case.get(name) == value for name, value in wanted.items()):
                return case
            await asyncio.sleep(0.2)
        raise AssertionError(f"never {wanted}: {case}")

    async def task(self, kind: str) -> dict[str, Any]:
        """The open task of that kind, as soon as there is one."""
        for _ in range(int(_PATIENCE_SECONDS / 0.2)):
            answer = await self.centre.call(
                "GET", f"/cases/{self.case_number}/tasks", headers=self._headers
            )
            assert answer.status_code == 200, answer.text
            for task in answer.json()["items"]:
                if task["kind"] == kind and task["status"] == "open":
                    return task
            await asyncio.sleep(0.2)
        raise AssertionError(f"no open {kind}: {await self.case()}")

    async def answer(self, kind: str, **outcome: Any) -> dict[str, Any]:
        """Answer the open task of that kind."""
        task = await self.task(kind)
        answer = await self.centre.call(
            "POST",
            f"/cases/{self.case_number}/tasks/{task['task_id']}/complete",
            body={"outcome": {"kind": kind, **outcome}},
            headers={**self._headers, "Idempotency-Key": uuid4().hex},
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def withdraw(self) -> None:
        """Withdraw the case."""
        answer = await self.centre.call(
            "POST", f"/cases/{self.case_number}/withdraw", body={}, headers=self._headers
        )
        assert answer.status_code == 200, answer.text


class Staff:
    """Somebody at the centre or at an institute, signed in."""

    def __init__(self, centre: Centre, username: str, token: str) -> None:
        self.centre = centre
        self.username = username
        self.token = token
        self._headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str) -> Any:
        """Read something that this person may read."""
        answer = await self.centre.call("GET", path, headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def task(self, case_number: str, kind: str) -> tuple[dict[str, Any], str]:
        """The open task of a case, as soon as it is in this person's worklist, and its ETag."""
        for _ in range(int(_PATIENCE_SECONDS / 0.2)):
            answer = await self.centre.call(
                "GET", f"/tasks?status=open&kind={kind}&q={case_number}", headers=self._headers
            )
            assert answer.status_code == 200, answer.text
            if items := answer.json()["items"]:
                one = await self.centre.call(
                    "GET", f"/tasks/{items[0]['task_id']}", headers=self._headers
                )
                return one.json(), one.headers["ETag"]
            await asyncio.sleep(0.2)
        raise AssertionError(f"{self.username} never got {kind} of {case_number}")

    async def complete(self, company: Company, kind: str, **outcome: Any) -> dict[str, Any]:
        """Claim the open task of that kind and complete it."""
        task, version = await self.task(company.case_number, kind)
        answer = await self.centre.call(
            "POST",
            f"/tasks/{task['task']['task_id']}/complete",
            body={"outcome": {"kind": kind, **outcome}},
            headers={**self._headers, "If-Match": version, "Idempotency-Key": uuid4().hex},
        )
        assert answer.status_code == 200, answer.text
        return task

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        """Do something that this person may do; refusals come back as problems."""
        answer = await self.centre.call(
            "POST", path, body=body, headers={**self._headers, "Idempotency-Key": uuid4().hex}
        )
        return answer.json()
