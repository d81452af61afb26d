"""Loads reference data: institutes, their desks, centres, channels, programmes, what to expect."""

import json
from datetime import date
from pathlib import Path
from typing import Any, Final

from infra.postgres.pool import Database

_DATA: Final = Path(__file__).parent.parent / "reference"
_OPENING: Final = date(2013, 8, 26)


async def load_reference(db: Database) -> None:
    """Write the reference data of this release; rows that are there are brought up to date."""
    await _load_institutes(db, _read("institutes.json"))
    await db.executemany(
        """
        INSERT INTO regional_centre
               (code, region, host, place, opened_on, ceremony_on, verified)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (code) DO UPDATE
           SET region = excluded.region, host = excluded.host, place = excluded.place,
               opened_on = excluded.opened_on, ceremony_on = excluded.ceremony_on,
               verified = excluded.verified
        """,
        [
            (
                centre["code"],
                centre["region"],
                centre["host"],
                centre["place"],
                _day(centre["opened_on"]),
                _day(centre["ceremony_on"]),
                centre["verified"],
            )
            for centre in _read("regional_centres.json")
        ],
    )
    await db.executemany(
        """
        INSERT INTO channel (code, label, number_or_url, valid_from)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (code, valid_from) DO UPDATE
           SET label = excluded.label, number_or_url = excluded.number_or_url
        """,
        [
            (
                channel["code"],
                channel["label"],
                channel["number_or_url"],
                _day(channel["valid_from"]),
            )
            for channel in _read("channels.json")
        ],
    )
    await db.executemany(
        """
        INSERT INTO programme (code, name, aliases, track, owner, valid_from)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (code) DO UPDATE
           SET name = excluded.name, aliases = excluded.aliases, owner = excluded.owner
        """,
        [
            (
                programme["code"],
                programme["name"],
                programme["aliases"],
                programme["track"],
                programme["owner"],
                _day(programme["valid_from"]),
            )
            for programme in _read("programmes.json")
        ],
    )
    await db.executemany(
        """
        INSERT INTO catalogue_expectation (data_set, as_of, expected, held, source)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (data_set, as_of) DO UPDATE
           SET expected = excluded.expected, held = excluded.held, source = excluded.source
        """,
        [
            (
                stated["data_set"],
                _day(stated["as_of"]),
                stated["expected"],
                stated["held"],
                stated["source"],
            )
            for stated in _read("catalogue_expectations.json")
        ],
    )


async def _load_institutes(db: Database, institutes: list[dict[str, Any]]) -> None:
    # Affiliated institutes name their parent, so parents come first.
    for row in sorted(institutes, key=lambda institute: institute["parent"] is not None):
        await db.execute(
            """
            INSERT INTO institute
                   (code, name_ko, name_en, aliases, fields, city, sites, centres, parent,
                    valid_from)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (code) DO UPDATE
               SET name_ko = excluded.name_ko, name_en = excluded.name_en,
                   aliases = excluded.aliases, fields = excluded.fields, city = excluded.city,
                   sites = excluded.sites, centres = excluded.centres, parent = excluded.parent
            """,
            row["code"],
            row["name_ko"],
            row["name_en"],
            row["aliases"],
            row["fields"],
            row["city"],
            row["sites"],
            row["centres"],
            row["parent"],
            _OPENING,
        )
    await db.executemany(
        """
        INSERT INTO support_department (institute, name, phone, email, valid_from)
        VALUES ($1, '중소기업지원실', '1379', $2, $3)
        ON CONFLICT (institute, valid_from) DO NOTHING
        """,
        [(row["code"], f"support@{row['code'].lower()}.example", _OPENING) for row in institutes],
    )


def _read(name: str) -> list[dict[str, Any]]:
    return json.loads((_DATA / name).read_text("utf-8"))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text is not None else None
