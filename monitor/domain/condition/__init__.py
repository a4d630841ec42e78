"""The condition language: a small, typed subset of Python expressions. docs/rules.md describes it
for people who write rules.

- `scan` turns a text into Python's syntax tree, `type_check` (with `operators` and `functions`)
  into the typed tree of `nodes`.
- `faults` says what is wrong and where, `doubts` warns.
- `checked` is the result; `compiler` and `loads` compile it.
- `part_values` computes each part for one subject, `unmet` (with `figuretext`) says what would
  have to change.
"""

from monitor.domain.condition.checked import Condition, moves_while_failing, parse_condition
from monitor.domain.condition.compiler import (
    AccountFunction,
    BatchFunction,
    EventFunction,
    ReceiverFunction,
    SenderFunction,
    compile_account,
    compile_batch,
    compile_event,
    compile_receiver,
    compile_sender,
)
from monitor.domain.condition.faults import ConditionError, ConditionFault, TextSpan
from monitor.domain.condition.part_values import ConditionPart, explain
from monitor.domain.condition.unmet import Lack, missing
from monitor.domain.condition.vocabulary import FUNCTIONS, functions_markdown
from monitor.domain.fields.field_values import field_values

__all__ = [
    "FUNCTIONS",
    "AccountFunction",
    "BatchFunction",
    "Condition",
    "ConditionError",
    "ConditionFault",
    "ConditionPart",
    "EventFunction",
    "Lack",
    "ReceiverFunction",
    "SenderFunction",
    "TextSpan",
    "compile_account",
    "compile_batch",
    "compile_event",
    "compile_receiver",
    "compile_sender",
    "explain",
    "field_values",
    "functions_markdown",
    "missing",
    "moves_while_failing",
    "parse_condition",
]
