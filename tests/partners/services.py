"""Services of the shape of KIPRIS Plus, ZEUS, NTIS and bizinfo, with synthetic rows."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.partners.serving import KEY, PartnerServer, partner_server

KIMM = "한국기계연구원"
Serving: TypeAlias = AbstractAsyncContextManager[PartnerServer]


def kipris_patent(number: int, **changes: str) -> dict[str, str]:
    return {
        "applicationNumber": f"102013{number:07d}",
        "applicantName": f"{KIMM}|합성 주식회사",
        "inventionTitle": f"합성 발명 {number}",
        "astrtCont": "합성 요약 <진동 & 소음>",
        "applicationDate": "20130826",
        "ipcNumber": "F04D 29/66|F16F 15/00",
        "registerStatus": "등록",
        "drawing": "",
    } | changes


def kipris(
    patents: Mapping[str, Sequence[Mapping[str, str]]],
) -> Serving:
    """KIPRIS Plus with the patents of applicants."""

    def answer(request: Request) -> Response:
        asked = request.query_params
        if asked["ServiceKey"] != KEY:
            return _kipris("30", "N", [], 0, asked)
        found = patents.get(asked["applicant"], ())
        start = (int(asked["pageNo"]) - 1) * int(asked["numOfRows"])
        rows = found[start : start + int(asked["numOfRows"])]
        return _kipris("00", "Y", rows, len(found), asked)

    path = "/kipo-api/kipi/patUtiModInfoSearchSevice/getAdvancedSearch"
    return partner_server(path, answer)


def _kipris(
    code: str,
    success: str,
    rows: Sequence[Mapping[str, str]],
    total: int,
    asked: Mapping[str, str],
) -> Response:
    items = "".join(f"<item>{_elements(row)}</item>" for row in rows)
    return Response(
        '<?xml version="1.0" encoding="UTF-8"?><response>'
        f"<header><successYN>{success}</successYN><resultCode>{code}</resultCode>"
        f"<resultMsg>합성</resultMsg></header><body><items>{items}</items></body>"
        f"<count><numOfRows>{asked['numOfRows']}</numOfRows><pageNo>{asked['pageNo']}</pageNo>"
        f"<totalCount>{total}</totalCount></count></response>",
        media_type="application/xml",
    )


def kipris_page(rows: Sequence[Mapping[str, str]], total: int) -> Response:
    """One page, whatever was asked."""
    return _kipris("00", "Y", rows, total, {"numOfRows": "500", "pageNo": "1"})


async def empty_kipris_page() -> Response:
    """An institute without patents."""
    return kipris_page([], 0)


def _elements(row: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in row.items())


def zeus_item(number: int, **changes: str | None) -> dict[str, str | None]:
    return {
        "equipId": f"2017{number:016d}",
        "equipNo": f"NFEC-2017-11-{number:06d}",
        "korNm": f"합성 시험기 {number}",
        "engNm": "Synthetic tester",
        "confirmYn": "Y",
        "deleteYn": "N",
        "registId": "somebody@institute.example",
        "registNm": "합성인",
        "useScopeCd": "2",
        "useScopeNm": "공동활용허용가능",
        "organNm": KIMM,
    } | changes


def zeus(items: Sequence[Mapping[str, str | None]]) -> Serving:
    """ZEUS with items of equipment; the key is a part of the address."""

    def answer(request: Request) -> Response:
        if request.path_params["key"] != KEY:
            return JSONResponse({"errors": [{"code": "401", "message": "합성"}]})
        page, size = int(request.query_params["page"]), int(request.query_params["pageSize"])
        return JSONResponse(
            {
                "total": len(items),
                "page": page,
                "pageCount": -(-len(items) // size),
                "pageSize": size,
                "pageList": list(items[(page - 1) * size : page * size]),
                "errors": [],
            }
        )

    return partner_server("/api/eq/equips/{key:path}", answer)


def ntis_project(number: int) -> str:
    return (
        f"<HIT NO='{number}'><ProjectNumber>1711{number:06d}</ProjectNumber>"
        f"<ProjectTitle><Korean>합성 <span class='search_word'>펌프</span> 과제 {number}</Korean>"
        "<English>Synthetic</English></ProjectTitle><Manager><Name>합성인</Name></Manager>"
        "<Goal><Full>진동을 줄인다</Full></Goal><Keyword><Korean>펌프,진동</Korean></Keyword>"
        f"<ResearchAgency><Name>{KIMM}</Name></ResearchAgency>"
        "<Ministry><Name>합성부</Name></Ministry><ProjectPeriod>"
        "<TotalStart>20130101</TotalStart><TotalEnd>20151231</TotalEnd></ProjectPeriod></HIT>"
    )


def ntis(projects: Mapping[str, int]) -> Serving:
    """NTIS with so many projects of each agency."""

    def answer(request: Request) -> Response:
        asked = request.query_params
        if asked["apprVkey"] != KEY:
            body = "<?xml version='1.0'?><error>접근 허용 IP가 아닙니다.</error>"
            return Response(body, media_type="text/xml")
        total = projects.get(asked["query"], 0)
        start = int(asked["startPosition"])
        numbers = range(start, min(start + int(asked["displayCnt"]), total + 1))
        hits = "".join(ntis_project(number) for number in numbers)
        return Response(
            f"<RESULT><TOTALHITS>{total}</TOTALHITS><RESULTSET>{hits}</RESULTSET></RESULT>",
            media_type="text/xml",
        )

    return partner_server("/rndopen/openApi/public_project", answer)


def bizinfo_call(number: int, **changes: str | None) -> dict[str, str | None]:
    return {
        "pblancId": f"PBLN_{number:015d}",
        "pblancNm": f"합성 기술개발사업 공고 {number}",
        "bsnsSumryCn": "<p>합성 &amp; 견본</p><p>둘째 줄<br/>셋째</p>",
        "trgetNm": "중소기업",
        "reqstBeginEndDe": "20261101 ~ 20261231",
        "jrsdInsttNm": "합성부",
        "excInsttNm": "합성진흥원",
        "pblancUrl": f"/web/view.do?pblancId=PBLN_{number:015d}",
        "rceptEngnHmpgUrl": "www.apply.example",
    } | changes


def bizinfo(
    calls: Sequence[Mapping[str, str | None]],
) -> Serving:
    """Bizinfo with calls."""

    def answer(request: Request) -> Response:
        if request.query_params["crtfcKey"] != KEY:
            return JSONResponse({"reqErr": "합성 오류"})
        return JSONResponse({"jsonArray": list(calls[: int(request.query_params["searchCnt"])])})

    return partner_server("/uss/rss/bizinfoApi.do", answer)
