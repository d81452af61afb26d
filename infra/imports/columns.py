"""What each data set consists of, and how files and partners are used to call its columns."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from infra.imports import values
from infra.imports.values import Reader
from schemas.catalogue import DataSet

INSTITUTE: Final = "institute"
AS_OF: Final = "as_of"


@dataclass(frozen=True)
class Column:
    """One column of a data set.

    Attributes:
        name: As in the table and the schema.
        read: What a cell means; None for the institute, which is looked up.
        headers: What the column is called when no mapping file says otherwise.
        required: A row without it is refused.
    """

    name: str
    read: Reader | None
    headers: tuple[str, ...]
    required: bool = False


def normal_header(header: str) -> str:
    """A header without what people write differently: case, spaces, punctuation."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", header).casefold())


def bare_header(header: str) -> str:
    """The same without what stands in brackets, such as a unit or a country."""
    plain = unicodedata.normalize("NFKC", header)
    return normal_header(re.sub(r"\(.*?\)|\[.*?\]", "", plain))


def is_personal(header: str) -> bool:
    """Whether a column seems to say who somebody is, or how to reach them."""
    return not PERSONAL_HEADERS.isdisjoint((normal_header(header), bare_header(header)))


_INSTITUTE: Final = Column(
    INSTITUTE,
    None,
    (
        *("기관코드", "기관명", "기관", "보유기관", "소속기관", "연구기관", "출연연", "출원인"),
        *("권리자", "특허권자", "출원인명", "소속", "보유기관명", "organization", "applicant"),
        *("applicantName", "organNm", "ResearchAgency"),
    ),
    required=True,
)
_AS_OF: Final = Column(AS_OF, values.day, ("기준일", "기준일자", "데이터기준일자", "asof"))

COLUMNS: Final[Mapping[DataSet, tuple[Column, ...]]] = {
    DataSet.PATENTS: (
        Column(
            "application_number",
            values.patent_number,
            ("출원번호", "특허출원번호", "applicationNumber", "applno"),
            required=True,
        ),
        _INSTITUTE,
        Column(
            "title_ko",
            values.line,
            (
                "발명의명칭",
                "발명명칭",
                "특허명",
                "특허명칭",
                "명칭",
                "제목",
                "inventionTitle",
                "title",
            ),
            required=True,
        ),
        Column(
            "title_en",
            values.line,
            ("영문명칭", "발명의명칭(영문)", "영문발명의명칭", "inventionTitleEng"),
        ),
        Column(
            "summary",
            values.text,
            ("요약", "초록", "기술개요", "기술요약", "발명의요약", "astrtCont", "abstract"),
        ),
        Column("inventors", values.listed, ("발명자", "발명자명", "inventorName", "inventor")),
        Column(
            "filed_on",
            values.day,
            ("출원일", "출원일자", "applicationDate", "filingDate"),
            required=True,
        ),
        Column("ipc", values.classes, ("IPC", "IPC분류", "IPC코드", "국제특허분류", "ipcNumber")),
        Column(
            "status",
            values.status,
            ("등록상태", "법적상태", "상태", "행정상태", "registerStatus"),
        ),
        Column("url", values.address, ("링크", "주소", "원문링크", "link")),
        _AS_OF,
    ),
    DataSet.EQUIPMENT: (
        Column(
            "equipment_id",
            values.identifier,
            (
                "장비번호",
                "장비등록번호",
                "국가연구시설장비등록번호",
                "NTIS등록번호",
                "자산번호",
                "equipNo",
            ),
            required=True,
        ),
        _INSTITUTE,
        Column(
            "lab_id",
            values.identifier,
            ("실험실번호", "실험실코드", "장비보유실험실번호", "laboratory_id"),
        ),
        Column(
            "name",
            values.line,
            ("장비명", "한글장비명", "장비명(한글)", "장비명칭", "국문장비명", "korNm"),
            required=True,
        ),
        Column(
            "specification",
            values.impersonal_text,
            ("주요사양", "사양", "규격", "제원", "주요제원", "성능", "spec", "modelNm"),
        ),
        Column(
            "field_of_use",
            values.impersonal_text,
            ("활용분야", "용도", "장비용도", "사용용도", "주요기능", "feature"),
        ),
        Column(
            "location",
            values.impersonal_text,
            ("위치", "설치장소", "장소", "보유장소", "설치위치", "place"),
        ),
        # Nobody is offered an instrument of which nobody said that it may be used (R066).
        Column(
            "sme_available",
            values.yes_or_no,
            (
                "중소기업활용",
                "중소기업지원가능",
                "공동활용",
                "공동활용여부",
                "활용범위",
                "useScopeNm",
            ),
        ),
        _AS_OF,
    ),
    DataSet.LABS: (
        Column(
            "lab_id",
            values.identifier,
            ("실험실번호", "실험실코드", "연구실번호", "번호"),
            required=True,
        ),
        _INSTITUTE,
        Column("name", values.line, ("실험실명", "실험실", "연구실명", "명칭"), required=True),
        Column(
            "description",
            values.impersonal_text,
            ("실험실설명", "설명", "소개", "개요"),
        ),
        Column("location", values.impersonal_text, ("위치", "장소", "소재지")),
        Column(
            "supports",
            values.impersonal_text,
            ("지원사항", "지원내용", "지원분야", "활용분야"),
        ),
        _AS_OF,
    ),
    DataSet.RESEARCHERS: (
        Column(
            "researcher_id",
            values.person_id,
            ("연구자번호", "연구자코드", "국가연구자번호", "과학기술인등록번호", "번호"),
            required=True,
        ),
        _INSTITUTE,
        Column(
            "department",
            values.impersonal_text,
            ("부서", "부서명", "소속부서", "연구부서"),
            required=True,
        ),
        Column(
            "fields",
            values.impersonal_list,
            ("연구분야", "전문분야", "전공", "세부전공", "키워드"),
            required=True,
        ),
        _AS_OF,
    ),
    DataSet.TECHNOLOGIES: (
        Column(
            "technology_id",
            values.identifier,
            ("기술번호", "기술코드", "관리번호", "번호"),
            required=True,
        ),
        _INSTITUTE,
        Column("name", values.line, ("기술명", "기술명칭", "이전기술명"), required=True),
        Column(
            "summary",
            values.impersonal_text,
            ("기술개요", "기술요약", "개요", "요약", "기술내용", "기술설명"),
            required=True,
        ),
        Column(
            "field_of_use",
            values.impersonal_text,
            ("활용분야", "적용분야", "응용분야"),
        ),
        Column("readiness", values.level, ("기술성숙도", "TRL", "기술성숙도(TRL)", "성숙도")),
        Column("patents", values.patent_numbers, ("관련특허", "특허번호", "출원번호", "보유특허")),
        Column(
            "researchers",
            values.person_ids,
            ("연구자번호", "연구자코드", "기술보유연구자번호", "국가연구자번호"),
        ),
        _AS_OF,
    ),
    DataSet.PROJECTS: (
        Column(
            "project_number",
            values.identifier,
            ("과제번호", "과제고유번호", "ProjectNumber"),
            required=True,
        ),
        _INSTITUTE,
        Column("title", values.line, ("과제명", "과제명(국문)", "ProjectTitle"), required=True),
        Column(
            "summary",
            values.impersonal_text,
            ("연구내용", "연구목표", "과제내용", "요약"),
        ),
        Column("keywords", values.impersonal_list, ("키워드", "주제어")),
        Column("ministry", values.line, ("부처", "부처명", "주관부처", "Ministry")),
        Column("starts_on", values.day, ("시작일", "연구시작일", "총연구시작일")),
        Column("ends_on", values.day, ("종료일", "연구종료일", "총연구종료일")),
        _AS_OF,
    ),
    DataSet.CALLS: (
        Column("call_id", values.identifier, ("공고번호", "공고ID", "pblancId"), required=True),
        Column("title", values.line, ("공고명", "사업명", "pblancNm"), required=True),
        Column("summary", values.text, ("사업개요", "공고내용", "bsnsSumryCn")),
        Column("audience", values.line, ("지원대상", "신청대상", "trgetNm")),
        Column("period", values.line, ("신청기간", "접수기간", "reqstBeginEndDe")),
        Column("opens_on", values.day, ("신청시작일", "접수시작일")),
        Column("closes_on", values.day, ("신청마감일", "접수마감일", "마감일")),
        Column("ministry", values.line, ("소관부처", "소관기관", "jrsdInsttNm")),
        Column(
            "executing_agency",
            values.line,
            ("수행기관", "사업수행기관", "excInsttNm"),
        ),
        Column("url", values.address, ("공고링크", "공고주소", "pblancUrl")),
        Column("application_url", values.address, ("신청링크", "접수주소", "rceptEngnHmpgUrl")),
        _AS_OF,
    ),
}

# Headers under which files keep who somebody is. A list of researchers that has one is not taken at
# all: the file itself must not be passed around like that (R067).
PERSONAL_HEADERS: Final = frozenset(
    normal_header(header)
    for header in (
        "성명", "이름", "성함", "연구자명", "연구자이름", "연구원명", "연구책임자", "연구책임자명",
        "책임자", "담당자", "담당자명", "한글명", "한글이름", "한글성명", "국문명", "국문성명",
        "영문명", "영문이름", "영문성명", "한자명", "name", "full name", "first name", "last name",
        "family name", "given name", "surname", "researcher name", "name_ko", "name_en", "이메일",
        "전자우편", "메일", "email", "e-mail", "mail", "전화", "전화번호", "연락처", "휴대폰",
        "휴대전화", "핸드폰", "phone", "mobile", "tel", "생년월일", "birthday", "date of birth",
        "주민번호", "주민등록번호", "성별", "주소",
    )
)  # fmt: skip


def key_of(data_set: DataSet) -> Column:
    """The natural key: the first column."""
    return COLUMNS[data_set][0]
