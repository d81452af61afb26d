"""Public figures give nothing away of few companies."""

from hypothesis import given
from hypothesis import strategies as st

from api.routes.statistics import cells_of
from infra.postgres.statistics import Count

FEW = 5


@st.composite
def counts(draw: st.DrawFn) -> list[Count]:
    """One way to count cases: so many companies behind each cell, each with a case or more."""
    companies = draw(st.lists(st.integers(1, 12), max_size=6))
    return [
        Count(value=f"v{nth}", cases=number + draw(st.integers(0, 3)), companies=number)
        for nth, number in enumerate(companies)
    ]


@given(counts())
def test_what_is_left_out_cannot_be_computed_from_the_total(counted: list[Count]) -> None:
    cells = cells_of(counted, public=True)
    hidden = [count for count, cell in zip(counted, cells, strict=True) if cell.cases is None]

    shown = [count for count in counted if count not in hidden]
    assert all(count.companies >= FEW for count in shown)
    if hidden and shown:
        assert len(hidden) > 1
        assert sum(count.companies for count in hidden) >= FEW


@given(counts())
def test_nothing_is_left_out_without_need(counted: list[Count]) -> None:
    cells = cells_of(counted, public=True)

    if all(count.companies >= FEW for count in counted):
        assert [cell.companies for cell in cells] == [count.companies for count in counted]


@given(counts())
def test_staff_see_every_cell(counted: list[Count]) -> None:
    cells = cells_of(counted, public=False)

    assert [(cell.value, cell.cases) for cell in cells] == [(c.value, c.cases) for c in counted]
