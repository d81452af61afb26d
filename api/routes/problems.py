"""What each problem means, at the address its `type` names."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter, Depends, Response

from api import auth
from api.problems import responses
from schemas.problem import ProblemType, Refused

router = APIRouter(tags=["problems"], dependencies=[Depends(auth.PUBLIC)])

_ROOM: Final = Path(__file__).resolve().parents[2] / "docs" / "problems"


@router.get(
    "/problems/{name}",
    summary="What a problem means",
    response_class=Response,
    responses={200: {"content": {"text/markdown": {"schema": {"type": "string"}}}}}
    | responses(ProblemType.NOT_FOUND),
)
def get_problem(name: str) -> Response:
    """Meaning of a problem type and what to do about it."""
    if name not in {problem.value for problem in ProblemType}:
        raise Refused(ProblemType.NOT_FOUND, "There is no problem of this name.")
    page = (_ROOM / f"{name}.md").read_text(encoding="utf-8")
    return Response(page, media_type="text/markdown; charset=utf-8")
