"""Rules and routes over readings that are given, in a time that is given: the daemon's own
cycles and flushes, told to nobody.

What `test` and `backtest` run on. `cycles.py` decides which alerts fire, `flushes.py` who would
be told of them, `replay.py` is both, one after the other.
"""

from monitor.replay.replayed_cycles import ReplayedCycles, replaying_cycles
from monitor.replay.replayed_flushes import ReplayedFlushes, replaying_flushes
from monitor.replay.replaying import Replay, replaying

__all__ = [
    "Replay",
    "ReplayedCycles",
    "ReplayedFlushes",
    "replaying",
    "replaying_cycles",
    "replaying_flushes",
]
