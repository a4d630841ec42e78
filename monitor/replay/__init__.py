"""Rules and routes over given readings, with the daemon's own cycles and flushes."""

from monitor.replay.replaying import (
    Replay,
    ReplayedCycles,
    ReplayedFlushes,
    replaying,
    replaying_flushes,
    start_cycles,
)

__all__ = [
    "Replay",
    "ReplayedCycles",
    "ReplayedFlushes",
    "replaying",
    "replaying_flushes",
    "start_cycles",
]
