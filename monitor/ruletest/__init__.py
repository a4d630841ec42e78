"""Unit tests of rules: what campaigns show when, and what should fire and be told.

`cases.py` declares the keys and the values made of them, `case_file.py` loads a file, `case_run.py`
plays a test through the daemon's own cycles and flushes, `comparison.py` says what differs.
"""

from monitor.ruletest.case_file import load_cases
from monitor.ruletest.case_run import run_case
from monitor.ruletest.cases import Case, CaseFile
from monitor.ruletest.comparison import Difference, elapsed

__all__ = ["Case", "CaseFile", "Difference", "elapsed", "load_cases", "run_case"]
