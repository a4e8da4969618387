"""Tables. Every key starts with the tenant; row security is forced by the migrations."""

from services.leads.models.assignment import Account, AssignmentRow
from services.leads.models.conversions import ConversionRow
from services.leads.models.duplicates import DuplicateDecision, MatchKey, MatchRecord, Suspicion
from services.leads.models.forms import Form, FormSubmission
from services.leads.models.history import Adjustment, LogEntry, ScoreChange, StatusChange
from services.leads.models.leads import Contribution, Lead
from services.leads.models.settings import RuleSetRow, TenantSetting

__all__ = [
    "Account",
    "Adjustment",
    "AssignmentRow",
    "Contribution",
    "ConversionRow",
    "DuplicateDecision",
    "Form",
    "FormSubmission",
    "Lead",
    "LogEntry",
    "MatchKey",
    "MatchRecord",
    "RuleSetRow",
    "ScoreChange",
    "StatusChange",
    "Suspicion",
    "TenantSetting",
]
