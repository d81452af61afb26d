"""A sample catalogue, made from a table of topics: plainly synthetic, spread over the institutes.

Numbers cannot be real ones, inventors are numbered, and every row says that it is a sample.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Final

from schemas.catalogue import EquipmentItem, Lab, Patent, Researcher, Technology

_TOPICS: Final = Path(__file__).parent / "reference" / "sample_topics.csv"
_AS_OF: Final = date(2013, 8, 26)
_FIRST_FILING: Final = date(2003, 3, 3)
SOURCE: Final = "sample"
# What is offered for transfer has been validated in a laboratory at least.
_LOWEST_READINESS: Final = 4

# Syllables are coded in order; every 28th has no final consonant, the eighth after it ends in ㄹ.
_FIRST_SYLLABLE: Final = ord("가")
_FINALS: Final = 28
_FINAL_RIEUL: Final = 8


@dataclass(frozen=True)
class Topic:
    """A field of an institute: what companies complain of there, and what helps."""

    institute: str
    field: str
    field_en: str
    ipc: str
    object: str
    complaint: str
    aim: str
    method_a: str
    method_b: str
    equipment: str
    specification: str


@dataclass(frozen=True)
class SampleCatalogue:
    """All rows of the sample."""

    patents: tuple[Patent, ...]
    equipment: tuple[EquipmentItem, ...]
    labs: tuple[Lab, ...]
    researchers: tuple[Researcher, ...]
    technologies: tuple[Technology, ...]


def sample_topics() -> list[Topic]:
    """What institutes of the sample work on, and what companies complain of there."""
    with _TOPICS.open(encoding="utf-8", newline="") as file:
        return [Topic(**row) for row in csv.DictReader(file)]


def sample_catalogue() -> SampleCatalogue:
    """The sample: the same rows each time."""
    topics = sample_topics()
    patents = tuple(_patents(topics))
    labs = tuple(_labs(topics))
    lab_of = {(lab.institute, field): lab.lab_id for lab, field in _labs_with_fields(topics)}
    return SampleCatalogue(
        patents=patents,
        equipment=tuple(
            EquipmentItem(
                equipment_id=f"SAMPLE-EQ-{number:04d}",
                institute=topic.institute,
                lab_id=lab_of.get((topic.institute, topic.field)),
                name=topic.equipment,
                specification=topic.specification,
                field_of_use=f"{topic.object}의 {topic.aim}",
                location=f"{topic.institute} 공동활용동",
                # A part is kept for the institutes themselves: it must never be offered.
                sme_available=number % 7 != 0,
                source=SOURCE,
                as_of=_AS_OF,
            )
            for number, topic in enumerate(topics, start=1)
        ),
        labs=labs,
        researchers=tuple(
            Researcher(
                researcher_id=f"SAMPLE-R-{number:04d}",
                institute=topic.institute,
                department=f"{topic.field} 연구실",
                fields=(topic.field, topic.aim),
                source=SOURCE,
                as_of=_AS_OF,
            )
            for number, topic in enumerate(topics, start=1)
        ),
        technologies=tuple(
            Technology(
                technology_id=f"SAMPLE-T-{number:04d}",
                institute=topic.institute,
                name=f"{topic.object} {topic.aim} 기술",
                summary=(
                    f"{topic.complaint} {topic.object}의 문제를 푸는 견본 이전 기술로, "
                    f"{_with(topic.method_a, '과', '와')} {_with(topic.method_b, '을', '를')} "
                    "함께 이전한다."
                ),
                field_of_use=topic.field,
                readiness=_LOWEST_READINESS + number % 5,
                patents=tuple(patent.application_number for patent in own),
                researchers=(f"SAMPLE-R-{number:04d}",),
                source=SOURCE,
                as_of=_AS_OF,
            )
            for number, (topic, own) in enumerate(
                zip(topics, zip(patents[::2], patents[1::2], strict=True), strict=True), start=1
            )
        ),
    )


def _patents(topics: list[Topic]) -> Iterator[Patent]:
    number = 0
    for topic in topics:
        for method in (topic.method_a, topic.method_b):
            number += 1
            yield Patent(
                application_number=f"10-0000-{number:07d}",
                institute=topic.institute,
                title_ko=f"{topic.object}의 {_with(topic.aim, '을', '를')} 위한 {method}",
                title_en=f"Method for {topic.field_en} (sample {number})",
                summary=(
                    f"본 견본 발명은 {topic.complaint} {topic.object}의 문제를 푸는 것으로, "
                    f"{_with(method, '을', '를')} 이용하여 {topic.aim} 효과를 얻는다. "
                    f"적용 분야는 {topic.field}이며 "
                    f"{_with(topic.equipment, '으로', '로')} 검증한다."
                ),
                inventors=(f"합성발명자 {number:03d}",),
                filed_on=_FIRST_FILING + timedelta(days=11 * number),
                ipc=topic.ipc,
                status="registered" if number % 5 else "published",
                url=None,
                source=SOURCE,
                as_of=_AS_OF,
            )


def _labs(topics: list[Topic]) -> Iterator[Lab]:
    return (lab for lab, _ in _labs_with_fields(topics))


def _labs_with_fields(topics: list[Topic]) -> Iterator[tuple[Lab, str]]:
    """The first three fields of each institute have a laboratory."""
    number = 0
    for institute, own in groupby(topics, key=lambda topic: topic.institute):
        for topic in list(own)[:3]:
            number += 1
            lab = Lab(
                lab_id=f"SAMPLE-LAB-{number:03d}",
                institute=institute,
                name=f"{topic.field} 실험실",
                description=f"{topic.object}의 {_with(topic.aim, '을', '를')} 연구하는 실험실",
                location=f"{institute} 본원",
                supports=f"시험, 분석, 공동 실험: {topic.equipment}",
                source=SOURCE,
                as_of=_AS_OF,
            )
            yield lab, topic.field


def _with(word: str, after_consonant: str, after_vowel: str) -> str:
    """A word with the form of a particle that fits its last syllable."""
    final = (ord(word[-1]) - _FIRST_SYLLABLE) % _FINALS if "가" <= word[-1] <= "힣" else 0
    takes_vowel_form = final == 0 or (after_consonant == "으로" and final == _FINAL_RIEUL)
    return word + (after_vowel if takes_vowel_form else after_consonant)
