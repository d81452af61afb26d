"""Each partner's answers are read page by page, and each way not to answer is told apart."""

import asyncio
import io
import logging  # noqa: TID251  # what a library logs
import traceback
from collections.abc import AsyncIterator, Iterator
from urllib.parse import unquote_plus

import httpx
import pytest
import structlog
from starlette.responses import RedirectResponse, Response

from activities.partners.answers import (
    Page,
    Partner,
    PartnerAway,
    PartnerFailure,
    PartnerLimited,
    PartnerRefuses,
)
from activities.partners.bizinfo import Bizinfo, plain_text
from activities.partners.fetching import Fetcher
from activities.partners.kipris import Kipris
from activities.partners.ntis import Ntis
from activities.partners.zeus import Zeus
from infra.telemetry import configure_logging
from tests.partners import services
from tests.partners.serving import (
    KEY,
    Fault,
    fault_500,
    malformed,
    many_entities,
    portal_error,
    too_slow,
)
from tests.settings import settings_for_test

INSTITUTES = [("KIMS", "재료연구소"), ("KIMM", services.KIMM), ("KERI", "한국전기연구원")]


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with httpx.AsyncClient() as http:
        yield Fetcher(http, 1.0)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged at the most talkative level."""
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers, root.level
    configure_logging(settings_for_test(log_level="debug"), stream)
    yield stream
    root.handlers, root.level = before, level
    structlog.reset_defaults()


async def test_keys_are_in_no_log(fetcher: Fetcher, logged: io.StringIO) -> None:
    async with services.zeus([]) as zeus, services.kipris({}) as kipris:
        await Zeus(fetcher, zeus.url, KEY).page(None)
        await Kipris(fetcher, kipris.url, KEY, INSTITUTES).page(None)

    assert KEY not in unquote_plus(logged.getvalue())
    assert "127.0.0.1" not in logged.getvalue()


async def pages_of(partner: Partner) -> list[Page]:
    pages = [await partner.page(None)]
    while pages[-1].next is not None:
        pages.append(await partner.page(pages[-1].next))
    return pages


async def test_patents_are_read_institute_by_institute_and_page_by_page(fetcher: Fetcher) -> None:
    patents = {
        services.KIMM: [services.kipris_patent(number) for number in range(1001)],
        "재료연구소": [services.kipris_patent(2000, applicantName="재료연구소")],
    }
    async with services.kipris(patents) as server:
        pages = await pages_of(Kipris(fetcher, server.url, KEY, INSTITUTES))

    assert [len(page.records) for page in pages] == [0, 500, 500, 1, 1]
    assert [page.next for page in pages] == ["KIMM:1", "KIMM:2", "KIMM:3", "KIMS:1", None]
    assert pages[1].records[0]["astrtCont"] == "합성 요약 <진동 & 소음>"
    assert server.asked[1] == {
        "applicant": services.KIMM,
        "numOfRows": "500",
        "pageNo": "1",
        "ServiceKey": KEY,
    }


async def test_a_total_that_promises_more_than_there_is_does_not_go_round_for_ever(
    fetcher: Fetcher,
) -> None:
    async with services.kipris({}) as server:
        body = (
            "<response><header><resultCode>00</resultCode></header><body><items/></body>"
            "<count><totalCount>9000</totalCount></count></response>"
        )

        async def promise() -> Response:
            return Response(body)

        server.faults.append(promise)
        page = await Kipris(fetcher, server.url, KEY, INSTITUTES[1:2]).page("KIMM:3")

    assert page == Page((), None)


async def test_an_institute_that_left_meanwhile_is_passed_over(fetcher: Fetcher) -> None:
    async with services.kipris({}) as server:
        page = await Kipris(fetcher, server.url, KEY, INSTITUTES).page("KIMMX:7")

    assert server.asked[0]["applicant"] == "재료연구소"
    assert page.next is None


async def test_equipment_that_was_deleted_or_not_confirmed_is_left_out(fetcher: Fetcher) -> None:
    items = [services.zeus_item(number) for number in range(205)]
    items[0]["deleteYn"] = "Y"
    items[1]["confirmYn"] = "N"
    async with services.zeus(items) as server:
        pages = await pages_of(Zeus(fetcher, server.url, KEY))

    assert [len(page.records) for page in pages] == [98, 100, 5]
    assert set(pages[0].records[0]) == {"equipNo", "organNm", "korNm", "useScopeCd"}


async def test_projects_name_nobody(fetcher: Fetcher) -> None:
    async with services.ntis({services.KIMM: 101}) as server:
        pages = await pages_of(Ntis(fetcher, server.url, KEY, INSTITUTES))

    assert [len(page.records) for page in pages] == [0, 100, 1, 0]
    assert [asked["startPosition"] for asked in server.asked] == ["1", "1", "101", "1"]
    assert pages[2].records[0] == {
        "ProjectNumber": "1711000101",
        "ProjectTitle": "합성 펌프 과제 101",
        "Goal": "진동을 줄인다",
        "Keyword": "펌프,진동",
        "ResearchAgency": services.KIMM,
        "Ministry": "합성부",
        "TotalStart": "20130101",
        "TotalEnd": "20151231",
    }


async def test_calls_have_days_where_their_period_has_and_links_in_full(fetcher: Fetcher) -> None:
    calls = [
        services.bizinfo_call(1),
        services.bizinfo_call(
            2,
            reqstBeginEndDe="예산 소진시까지",
            pblancUrl="javascript:alert(1)",
            rceptEngnHmpgUrl=None,
        ),
    ]
    async with services.bizinfo(calls) as server:
        (page,) = await pages_of(Bizinfo(fetcher, server.url, KEY))

    first, second = page.records
    assert (first["opens_on"], first["closes_on"]) == ("20261101", "20261231")
    assert first["bsnsSumryCn"] == "합성 & 견본\n둘째 줄\n셋째"
    assert first["pblancUrl"].startswith(server.url.partition("/uss")[0] + "/web/view.do")
    assert first["rceptEngnHmpgUrl"] == "https://www.apply.example"
    assert (second["opens_on"], second["pblancUrl"], second["rceptEngnHmpgUrl"]) == (None,) * 3
    assert set(server.asked[0]) == {"crtfcKey", "dataType", "searchCnt", "hashtags"}


async def test_a_wrong_key_is_recognised_everywhere(fetcher: Fetcher) -> None:
    async with (
        services.kipris({}) as kipris,
        services.zeus([]) as zeus,
        services.ntis({}) as ntis,
        services.bizinfo([]) as bizinfo,
    ):
        for partner in (
            Kipris(fetcher, kipris.url, "wrong", INSTITUTES),
            Zeus(fetcher, zeus.url, "wrong"),
            Ntis(fetcher, ntis.url, "wrong", INSTITUTES),
            Bizinfo(fetcher, bizinfo.url, "wrong"),
        ):
            with pytest.raises(PartnerRefuses) as refusal:
                await partner.page(None)
            assert str(refusal.value) in {"key-refused", "reason-30"}


async def away_without_count() -> Response:
    return Response("<response><header><resultCode>00</resultCode></header></response>")


async def redirect() -> Response:
    return RedirectResponse("http://elsewhere.example/")


async def empty_body() -> Response:
    return Response("")


@pytest.mark.parametrize(
    ("fault", "failure", "code"),
    [
        (fault_500, PartnerAway, "server-error"),
        (malformed, PartnerAway, "no-xml"),
        (many_entities, PartnerAway, "no-xml"),
        (empty_body, PartnerAway, "no-xml"),
        (too_slow, PartnerAway, "timed-out"),
        (portal_error("22"), PartnerLimited, "reason-22"),
        (portal_error("30"), PartnerRefuses, "reason-30"),
        (portal_error("01"), PartnerAway, "reason-01"),
        (redirect, PartnerRefuses, "http-307"),
    ],
)
async def test_faults_are_told_apart_and_the_next_answer_is_taken(
    fetcher: Fetcher, fault: Fault, failure: type[PartnerFailure], code: str
) -> None:
    async with services.kipris({services.KIMM: [services.kipris_patent(1)]}) as server:
        kipris = Kipris(fetcher, server.url, KEY, INSTITUTES)
        server.faults.append(fault)

        with pytest.raises(failure) as raised:
            await kipris.page("KIMM:1")

        assert str(raised.value) == code
        told = "".join(traceback.format_exception(raised.value))
        assert KEY not in unquote_plus(told)
        assert len((await kipris.page("KIMM:1")).records) == 1


async def test_an_answer_may_take_as_long_as_the_setting_says() -> None:
    async def takes_its_time() -> Response:
        await asyncio.sleep(0.3)
        return await services.empty_kipris_page()

    async with httpx.AsyncClient(timeout=0.05) as http, services.kipris({}) as server:
        server.faults.append(takes_its_time)

        page = await Kipris(Fetcher(http, 5.0), server.url, KEY, INSTITUTES).page("KIMM:1")

    assert page.records == ()


async def test_a_service_that_is_not_there_is_away(fetcher: Fetcher) -> None:
    with pytest.raises(PartnerAway, match="unreachable"):
        await Zeus(fetcher, "http://127.0.0.1:9/", KEY).page(None)
    with pytest.raises(PartnerRefuses, match="wrong-address"):
        await Zeus(fetcher, "nowhere", KEY).page(None)


async def test_an_answer_that_is_something_else_is_away(fetcher: Fetcher) -> None:
    async def html() -> Response:
        return Response("<html>점검 중</html>")

    async def other() -> Response:
        return Response('{"jsonArray": "none", "pageList": 3}')

    async with services.zeus([]) as zeus, services.bizinfo([]) as bizinfo:
        for fault, code in ((html, "no-json"), (other, "no-list")):
            for server, partner in (
                (zeus, Zeus(fetcher, zeus.url, KEY)),
                (bizinfo, Bizinfo(fetcher, bizinfo.url, KEY)),
            ):
                server.faults.append(fault)
                with pytest.raises(PartnerAway, match=code):
                    await partner.page(None)


def test_markup_becomes_plain_text() -> None:
    assert plain_text("<div>가<script>x</script>&lt;b&gt;</div>나") == "가x<b>\n나"
