"""Everything that the pages say: message ids in templates, schemas, journals and refusals."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.extract import extract_from_dir

from api.case_views import TOLD  # what companies read
from api.pages.company import STAGES
from api.pages.databases import FIELDS
from api.pages.intake_form import DESK_CHANNELS
from api.pages.staff_cases import ACCESS_REASONS
from api.problems import (
    _ADVICE,  # pyright: ignore[reportPrivateUsage]  # what the pages translate
    _AGAIN_WITH_SAME_KEY,  # pyright: ignore[reportPrivateUsage]
    CASE_UNKNOWN,
    NOT_ALLOWED,
)
from api.security import TOO_MUCH
from api.task_updates import TASK_UNKNOWN
from schemas.actor import Role
from schemas.case import (
    CaseOutcome,
    CaseStatus,
    CaseStep,
    DeclineReason,
    OfferAnswer,
    PromiseState,
    Service,
    Track,
    TrackFlag,
)
from schemas.designation import DesignationFactor, EvidenceKind, FirstAction, PhraseSort
from schemas.effect import EffectReport
from schemas.outcome import (
    OUTCOMES,
    TaskKind,
)
from schemas.outcome.kinds import COMPANY_TASKS
from schemas.policy import Clock
from schemas.search import OpenDatabase
from schemas.task import (
    TaskStatus,
)

ROOT = Path(__file__).parents[3]
_TAG = re.compile(r'"((?:case|task):[a-z_]+:[a-z_]+)"')


def sentences() -> set[str]:
    """English sentences in templates, labels of forms and links, and what refusals say."""
    found = {
        str(message)
        for _, _, message, _, _ in extract_from_dir(
            str(ROOT / "api" / "templates"),
            method_map=[("**.html", "jinja2")],
            keywords={"_": None},
        )
    }
    for path in sorted((ROOT / "api" / "pages").glob("*.py")):
        for call in _calls(path):
            name = _name_of(call)
            if name == "field" and call.args:  # not that of a dataclass
                found.update(_texts(call.args[1]))
            elif name in {"Link", "text"}:
                found.update(_texts(call.args[0]))
    for folder in ("api", "workflows"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for call in _calls(path):
                if _name_of(call) in {"Refused", "refused"}:
                    found.update(text for part in call.args[1:2] for text in _texts(part))
    found |= {
        field.title
        for model in (*OUTCOMES.values(), EffectReport)
        for name, field in model.model_fields.items()
        if name != "kind" and field.title is not None
    }
    return found | set(_ADVICE.values()) | {
        CASE_UNKNOWN, NOT_ALLOWED, TASK_UNKNOWN, TOO_MUCH, _AGAIN_WITH_SAME_KEY,
    }  # fmt: skip


def labels() -> Iterator[tuple[str, ...]]:
    """Codes that are shown, each as the path of its label."""
    for kind, model in OUTCOMES.items():
        schema: dict[str, Any] = model.model_json_schema()
        for name, part in schema["properties"].items():
            if name != "kind":
                for value in _values(schema, part):
                    yield ("option", kind.value, name, str(value))
    families: dict[str, Any] = {
        "status": CaseStatus,
        "step": [step for step in CaseStep if step],
        "outcome": CaseOutcome,
        "task": TaskKind,
        "company_task": COMPANY_TASKS,
        "task_status": TaskStatus,
        "service": Service,
        "role": Role,
        "promise": ("first_contact", "agreement"),
        "promise_state": PromiseState,
        "stage": [name for name, _ in STAGES],
        "answer": OfferAnswer,
        "option": DeclineReason,
        "flag": TrackFlag,
        "track": Track,
        "track_mode": ("fast", "monthly"),
        "channel": DESK_CHANNELS,
        "clock": Clock,
        "evidence": EvidenceKind,
        "factor": DesignationFactor,
        "confidence": ("low", "fair", "high"),
        "confidence_text": ("low", "fair", "high"),
        "first_action": FirstAction,
        "enquiry_flag": ("vague", "misfiled", "urgent", "personal_data", "joint"),
        "level": ("1", "2", "3"),
        "access": ACCESS_REASONS,
        "arrival": ("message", "attachment"),
        "purpose": (
            "message",
            "attachment",
            "withdraw",
            "reopen",
            "handler",
            "successor",
            "matter",
            "comment",
            "extension",
        ),
        "show": ("all", "mine", "completed"),
        "phrase_sort": PhraseSort,
        "designation_done": ("added", "removed", "weighted"),
        "synonym_act": ("added", "changed", "removed"),
        "synonym_done": ("added", "changed", "removed", "there", "gone"),
        "database": OpenDatabase,
        "database_text": OpenDatabase,
        "ask": OpenDatabase,
        "ask_title": OpenDatabase,
        "facet": {name for names in FIELDS.values() for name in names},
        "patent_status": ("registered", "published"),
        "source": ("sample",),
        "done": [*COMPANY_TASKS, "message", "withdraw", "reopen", "hold", "go_on", "effects"],
        "break": ("changed", "gap", "cut_off", "head_missing"),
        "message_status": ("pending", "sent", "failed", "skipped"),
        "waiting": ("appointment", "next_call"),
        "stuck": ("not_started", "nothing_waits"),
        "skipped": ("pause", "closure"),
        "unit": ("months", "days", "hours", "minutes", "seconds"),
        "tag": tags(),
        "document": _in_workflows(
            r'(?:documents=\{|documents: [^=\n]*= \{|\*\*documents, )"([a-z_]+)"'
        ),
        "template": _in_workflows(r'\.tell\(\s*"([a-z_]+)"') | _in_workflows(r'announce="(\w+)"'),
    }
    for family, codes in families.items():
        for code in codes:
            yield (family, str(code))


def tags() -> set[str]:
    """Tags of the journal: those in the code, and those made from a state."""
    found = set(TOLD) | _in_workflows(_TAG.pattern)
    found |= {f"case:promise:{state.value}" for state in PromiseState if state != "running"}
    found |= {f"case:offer:{answer.value}" for answer in OfferAnswer if answer != "waiting"}
    return found


def _in_workflows(pattern: str) -> set[str]:
    return {
        match
        for path in (ROOT / "workflows").rglob("*.py")
        for match in re.findall(pattern, path.read_text(encoding="utf-8"))
    }


def _values(schema: dict[str, Any], part: dict[str, Any]) -> list[Any]:
    parts = [part, *part.get("anyOf", [])]
    parts += [
        schema["$defs"][inner["$ref"].rpartition("/")[2]] for inner in parts if "$ref" in inner
    ]
    return [value for inner in parts for value in inner.get("enum", [])]


def _calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node


def _name_of(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _texts(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one)
            yield from _texts(other)
        case _:
            return
