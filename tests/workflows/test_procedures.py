"""The page of procedures shows the code as it is."""

from pathlib import Path

from tests.workflows.procedures import PROCEDURES, page
from workflows.resolution import PROCEDURES as ROUTES

PAGE = Path(__file__).parents[2] / "docs" / "procedures.md"


def test_the_page_of_procedures_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page()


def test_every_procedure_of_a_route_is_drawn() -> None:
    drawn = {entry for _, _, entry in PROCEDURES}

    assert {procedure.__name__ for procedure in ROUTES.values()} <= drawn
