"""Rules over recorded history: what would have fired, for how long, and who would have been
told.

`recording.py` turns what the store kept into readings, `play.py` plays them through the daemon's
own cycles, all in one or the `parts.py` of them each in a `process.py`; `run.py` tells what they
decide in the order of time, `report.py` has what comes of it, `unrecorded.py` what cannot.
"""

from monitor.backtest.backtesting import backtest
from monitor.backtest.recording import Recording, open_recording
from monitor.backtest.report import Report, RuleReport
from monitor.backtest.unrecorded import cannot_be_tried, unrecorded

__all__ = [
    "Recording",
    "Report",
    "RuleReport",
    "backtest",
    "cannot_be_tried",
    "open_recording",
    "unrecorded",
]
