"""How much of each data set is loaded, from where, as of when, and of how much (C12, C13)."""

from collections import defaultdict

from infra.postgres.pool import Database
from schemas.catalogue import DataSet, DataSetCount, SourceCount

# Internal: that a data set of people exists is public (R002), how many are loaded is not (C27).
_INTERNAL = frozenset({DataSet.RESEARCHERS, DataSet.PROJECTS})


async def data_set_counts(db: Database, *, internal: bool) -> list[DataSetCount]:
    """The counts of every data set, each with its as-of date (R063).

    Args:
        db: Database.
        internal: Whether data sets that only staff may know of are counted too.
    """
    sources: defaultdict[str, list[SourceCount]] = defaultdict(list)
    offered: defaultdict[str, int] = defaultdict(int)
    for row in await db.fetch(_BY_SOURCE):
        sources[row["data_set"]].append(
            SourceCount(
                source=row["source"],
                loaded=row["loaded"],
                oldest=row["oldest"],
                newest=row["newest"],
            )
        )
        offered[row["data_set"]] += row["offered"]
    expectations = {row["data_set"]: row for row in await db.fetch(_EXPECTED)}
    counts: list[DataSetCount] = []
    for data_set in DataSet:
        if data_set in _INTERNAL and not internal:
            continue
        found = sources[data_set.value]
        stated = expectations.get(data_set.value)
        counts.append(
            DataSetCount(
                data_set=data_set,
                loaded=sum(source.loaded for source in found),
                offered=offered[data_set.value],
                as_of=max((source.newest for source in found), default=None),
                expected=None if stated is None else stated["expected"],
                expected_as_of=None if stated is None else stated["as_of"],
                expected_source=None if stated is None else stated["source"],
                held=None if stated is None else stated["held"],
                sources=tuple(found),
            )
        )
    return counts


_BY_SOURCE = """
    SELECT data_set, source, count(*) AS loaded, count(*) FILTER (WHERE offered) AS offered,
           min(as_of) AS oldest, max(as_of) AS newest
      FROM (SELECT 'patents' AS data_set, source, as_of, true AS offered FROM patent
             UNION ALL
            SELECT 'equipment', source, as_of, sme_available FROM equipment
             UNION ALL
            SELECT 'labs', source, as_of, true FROM lab
             UNION ALL
            SELECT 'researchers', source, as_of, false FROM researcher
             UNION ALL
            SELECT 'technologies', source, as_of, true FROM technology
             UNION ALL
            SELECT 'projects', source, as_of, false FROM research_project
             UNION ALL
            SELECT 'calls', source, as_of, true FROM support_call) AS everything
     GROUP BY data_set, source
     ORDER BY data_set, source
"""

# The latest statement counts.
_EXPECTED = """
    SELECT DISTINCT ON (data_set) data_set, as_of, expected, held, source
      FROM catalogue_expectation
     ORDER BY data_set, as_of DESC
"""
