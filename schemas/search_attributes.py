"""Names of the five search attributes: codes and dates only, never personal data."""

from typing import Final

CASE_STATE: Final = "CaseState"
LEAD_INSTITUTE: Final = "LeadInstitute"
TRACK: Final = "Track"
NEXT_DUE_AT: Final = "NextDueAt"
OVERDUE: Final = "Overdue"
