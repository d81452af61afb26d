"""What a person may answer: one outcome model for each kind of task.

A field is a `decision` (a code, a number, a date) or a `text`; the API stores texts as documents
and puts their references in the same fields before the outcome enters a workflow. What must be
filled in depends on other fields: `needed_when` says so once, for the rule that checks an outcome
and for the form that asks for it.
"""

from typing import Final, TypeAlias, get_args

from schemas.base import WireModel
from schemas.outcome.closing import (
    AnswerSurvey,
    CallBack,
    CallForSurvey,
    ConfirmResult,
    SettleDispute,
)
from schemas.outcome.equipment import AcceptUse, CheckEquipment, MoveBooking, RecordUse, ReportUse
from schemas.outcome.front_part import (
    AcceptCase,
    AnswerContact,
    AssignInstitute,
    ContactCompany,
    DecideNoMatch,
    ReferCase,
    ScreenCase,
    SupplyInformation,
    TriageCase,
    Volunteer,
)
from schemas.outcome.guidance import (
    ConfirmAdvice,
    NameAdviser,
    PlanSession,
    RecordSession,
    WriteAdvice,
)
from schemas.outcome.joint import JoinCase, Mediate, NameHandler, NameLead
from schemas.outcome.kinds import TaskKind
from schemas.outcome.oversight import (
    ConsentExtension,
    DecideStatus,
    EndHold,
    NotifyOtherwise,
    ResolveOverdue,
)
from schemas.outcome.research import (
    ApprovePlan,
    CheckMidterm,
    DecideLateAgreement,
    DecideOverrun,
    DecideTrack,
    DraftAgreement,
    ReportProgress,
    ReportResult,
    ScopeProject,
    SignAsCompany,
    SignAsInstitute,
)
from schemas.outcome.selection import (
    AskForApplication,
    ChooseNext,
    DecideNext,
    DecideObjection,
    DecideRound,
    FindCall,
    PrepareApplication,
    RecordExternalDecision,
    ReportApplication,
    ScoreApplications,
)
from schemas.outcome.technology_held import (
    AgreeTerms,
    AnswerQuestion,
    ChooseSolution,
    ConfirmTechnology,
    HandleByHand,
    ProposeSolution,
)

Outcome: TypeAlias = (
    ScreenCase | SupplyInformation | ReferCase | TriageCase | AssignInstitute | DecideNoMatch
    | Volunteer | AcceptCase | ContactCompany | AnswerContact | ConfirmTechnology
    | ProposeSolution | ChooseSolution | AnswerQuestion | AgreeTerms | HandleByHand | NameAdviser
    | PlanSession | RecordSession | WriteAdvice | ConfirmAdvice | CheckEquipment | AcceptUse
    | MoveBooking | RecordUse | ReportUse | ScopeProject | DecideTrack | ApprovePlan
    | DraftAgreement | SignAsCompany | SignAsInstitute | DecideLateAgreement | FindCall
    | ReportApplication | AskForApplication | RecordExternalDecision | ChooseNext | DecideNext
    | PrepareApplication | ScoreApplications | DecideRound | DecideObjection | CheckMidterm
    | ReportProgress | DecideOverrun | ReportResult | ConfirmResult | SettleDispute | AnswerSurvey
    | CallForSurvey | CallBack | EndHold | ConsentExtension | ResolveOverdue | NotifyOtherwise
    | JoinCase | Mediate | NameLead | DecideStatus | NameHandler
)  # fmt: skip

OUTCOMES: Final[dict[TaskKind, type[WireModel]]] = {
    TaskKind(model.model_fields["kind"].default): model for model in get_args(Outcome)
}
