"""Rules and routes over given readings at given times: the daemon's own cycles and flushes, with
no provider and no receiver.

`test` and `backtest` run on this. `replayed_cycles.py` decides which alerts fire,
`replayed_flushes.py` who would be told of them, and `replaying.py` does one after the other.
"""

from monitor.replay.replayed_cycles import ReplayedCycles, start_cycles
from monitor.replay.replayed_flushes import ReplayedFlushes, replaying_flushes
from monitor.replay.replaying import Replay, replaying

__all__ = [
    "Replay",
    "ReplayedCycles",
    "ReplayedFlushes",
    "replaying",
    "replaying_flushes",
    "start_cycles",
]
