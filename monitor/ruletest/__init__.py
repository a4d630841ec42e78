"""Unit tests of rules: campaigns over time as a table, and what should fire and be told when.

`cases.py` has the values, `file.py` and what it imports read them from YAML, `run.py` plays a
case through the daemon's own cycles and flushes, `compare.py` says what differs.
"""

from monitor.ruletest.case_file import load_cases
from monitor.ruletest.case_run import run_case
from monitor.ruletest.cases import Case, CaseFile
from monitor.ruletest.comparison import Difference, elapsed

__all__ = ["Case", "CaseFile", "Difference", "elapsed", "load_cases", "run_case"]
