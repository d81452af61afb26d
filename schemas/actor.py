"""Who acts: roles, actors, and the candidate groups that may take a task."""

from enum import StrEnum
from typing import Final

from schemas.base import WireModel


class Role(StrEnum):
    """What an actor may do at all."""

    SME = "sme"
    AGENT = "agent"
    REGIONAL = "regional"
    TRIAGE = "triage"
    COORDINATOR = "coordinator"
    DIRECTOR = "director"
    SURVEY = "survey"
    COMPLAINT = "complaint"
    PRIVACY = "privacy"
    OPERATOR = "operator"
    EVALUATOR = "evaluator"
    DEPT_HEAD = "dept_head"
    SUPPORT = "support"
    RESEARCHER = "researcher"
    TLO = "tlo"
    AUDITOR = "auditor"
    MINISTRY = "ministry"
    SYSTEM = "system"


CENTRE_ROLES: Final = frozenset(
    {
        Role.AGENT, Role.REGIONAL, Role.TRIAGE, Role.COORDINATOR, Role.DIRECTOR, Role.SURVEY,
        Role.COMPLAINT, Role.PRIVACY, Role.OPERATOR,
    }
)  # fmt: skip
# Members of a selection panel work for the centre in a round, and know of no case beyond it.
INSTITUTE_ROLES: Final = frozenset({Role.DEPT_HEAD, Role.SUPPORT, Role.RESEARCHER, Role.TLO})


class Actor(WireModel):
    """A person, the company of a case, or the system; by id, never by name."""

    id: str
    role: Role
    institute: str | None = None


COMPANY: Final = Actor(id="company", role=Role.SME)
SYSTEM: Final = Actor(id="system", role=Role.SYSTEM)

COMPANY_GROUP: Final = "company"
ANY_INSTITUTE_HEAD: Final = "institute:*:dept_head"


def centre_group(role: Role) -> str:
    """The candidate group of everyone at the centre with `role`."""
    return f"centre:{role.value}"


def institute_group(institute: str, role: Role) -> str:
    """The candidate group of everyone at `institute` with `role`."""
    return f"institute:{institute}:{role.value}"


# A superior may do what the desk below may do: a head stands in for the staff, a coordinator for
# the triage desk. Nobody else's tasks are reachable.
_STANDS_IN_FOR: Final[dict[Role, tuple[Role, ...]]] = {
    Role.COORDINATOR: (Role.TRIAGE, Role.SURVEY),
    Role.DIRECTOR: (Role.COORDINATOR,),
    Role.DEPT_HEAD: (Role.SUPPORT, Role.RESEARCHER, Role.TLO),
    Role.SUPPORT: (Role.RESEARCHER,),
}


def groups_of(actor: Actor) -> frozenset[str]:
    """Candidate groups whose tasks `actor` may claim and complete."""
    if actor.role is Role.SME:
        return frozenset({COMPANY_GROUP})
    roles = (actor.role, *_STANDS_IN_FOR.get(actor.role, ()))
    if actor.role in CENTRE_ROLES or actor.role is Role.EVALUATOR:
        return frozenset(centre_group(role) for role in roles)
    if actor.role in INSTITUTE_ROLES and actor.institute is not None:
        groups = {institute_group(actor.institute, role) for role in roles}
        if actor.role is Role.DEPT_HEAD:
            groups.add(ANY_INSTITUTE_HEAD)
        return frozenset(groups)
    return frozenset()
