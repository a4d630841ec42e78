"""Rules over recorded history: what would have fired, for how long, and who would have been told.

`recording.py` makes readings of what the store recorded. `play.py` plays them through the
daemon's own cycles, all at once or in parts, each part in a `process.py`. `backtesting.py` flushes
what they decide, and `report.py` counts it.
"""

from monitor.backtest.backtesting import backtest
from monitor.backtest.recording import Recording, cannot_be_tried, open_recording, unrecorded
from monitor.backtest.report import Report, RuleReport

__all__ = [
    "Recording",
    "Report",
    "RuleReport",
    "backtest",
    "cannot_be_tried",
    "open_recording",
    "unrecorded",
]
