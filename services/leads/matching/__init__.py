"""Who may be whom (F34-F36): evidence with a score, and what a policy makes of it.

Pure: no clock, no I/O. `search_keys` say where to look for candidates, `compare` how much speaks for one.
"""

from services.leads.matching.evidence import (
    FUZZY,
    Candidate,
    Reason,
    compare,
    ranked,
)
from services.leads.matching.keys import WEAK, index_keys, search_keys, strong_keys
from services.leads.matching.policy import (
    DEFAULT_POLICY,
    Action,
    Decision,
    Mode,
    Policy,
    Verdict,
    judge,
)
from services.leads.matching.profile import Kind, Profile, account, person

__all__ = [
    "DEFAULT_POLICY",
    "FUZZY",
    "WEAK",
    "Action",
    "Candidate",
    "Decision",
    "Kind",
    "Mode",
    "Policy",
    "Profile",
    "Reason",
    "Verdict",
    "account",
    "compare",
    "index_keys",
    "judge",
    "person",
    "ranked",
    "search_keys",
    "strong_keys",
]
