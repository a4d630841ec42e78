"""Delivers messages from the outbox. Each receiver has a lane of its own, so none waits for
another.

Files:

- `lanes` runs all lanes, wakes them, and drains them at shutdown.
- `lane` is one receiver's loop: claim due rows, attempt them, hand on the results.
- `verdict` decides what an attempt's end means for its row: delivered, retry, dead, or halves.
- `pace` decides when the next attempt may begin: rate limit, circuit breaker, `Retry-After`.
- `attempts` knows what is in flight, and records results in batches.
- `backlog` handles rows that wait while a receiver fails: fallback, giving up, recovery.
- `reporting` keeps a receiver's health, its metrics and its log lines.
- `uptime` knows how long this monitor could try.
- `resender` repeats to receivers that forget; it does not use the outbox.

What happens after a 503: `lane` runs the attempt, `verdict` puts the row back with a delay, and
`pace` counts the failure and may open the circuit.

States of a row: pending → delivered, dead (given up), or superseded (replaced, or sent in halves).
A claim holds a pending row for `verdict.LEASE`. States of a circuit: closed, or open, with one
probe at a time.

Invariants:

1. A row is marked delivered only after the receiver confirmed it.
2. An attempt gives exactly one result. It stays in memory until the store has recorded it.
3. A row whose lease may run out during the attempt is not begun: it is claimed again.
4. A message is given up after 72 hours in which this monitor could try, not before.

Time: an attempt has at most `ATTEMPT_SECONDS`, half a lease. A drain takes its timeout, and at
most a second more.
"""

from monitor.dispatcher.backlog import HEALTH, Fallback, read_health
from monitor.dispatcher.lanes import Dispatcher

__all__ = ["HEALTH", "Dispatcher", "Fallback", "read_health"]
