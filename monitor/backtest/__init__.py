"""Rules over recorded history: what would have fired, for how long, and who would have been told.

`recording.py` turns what the store kept into readings, `run.py` plays them through the daemon's own cycles and flushes
(`replay.py`), `report.py` has what comes of it, `unrecorded.py` what cannot.
"""

from monitor.backtest.recording import Recording, open_recording
from monitor.backtest.report import Report, RuleReport
from monitor.backtest.run import backtest
from monitor.backtest.unrecorded import cannot_be_tried, unrecorded

__all__ = ["Recording", "Report", "RuleReport", "backtest", "cannot_be_tried", "open_recording", "unrecorded"]
