"""From the outbox to the receivers: each receiver has a lane of its own, so that none waits for
another.

`lane` is one receiver's queue: `pace` (of `bucket` and `breaker`) says when it may begin an
attempt, `verdict` what an attempt means for its row, `settlement` records it, `reporting` says
it. `backlog` looks after what waits while a receiver fails; `presence` knows for how long this
monitor could try, `dispatcher` runs them all.
"""

from monitor.dispatcher.backlog import HEALTH, Fallback, read_health
from monitor.dispatcher.lanes import Dispatcher

__all__ = ["HEALTH", "Dispatcher", "Fallback", "read_health"]
