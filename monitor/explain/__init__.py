"""Why a rule fires or does not: read from what the store knows, for one rule and what it is
asked about.

`known` reads, `target` finds what is meant, `subject` is what the rule sees, `outlook` looks
ahead, `explaining` puts it together and says who is told and what keeps them from it,
`explanation` is the result and `explanation_record` its JSON.
"""

from monitor.explain.explaining import explain_target
from monitor.explain.explanation import (
    About,
    Destination,
    EventSeen,
    Explanation,
    Standing,
    Telling,
)
from monitor.explain.explanation_record import explanation_record
from monitor.explain.known import Known, read_known
from monitor.explain.target import Target, UnclearTargetError, UnknownTargetError, find_target

__all__ = [
    "About",
    "Destination",
    "EventSeen",
    "Explanation",
    "Known",
    "Standing",
    "Target",
    "Telling",
    "UnclearTargetError",
    "UnknownTargetError",
    "explain_target",
    "explanation_record",
    "find_target",
    "read_known",
]
