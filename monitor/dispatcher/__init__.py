"""From the outbox to the receivers: each receiver has a lane of its own, so that none waits for another.

`verdict` decides what a failed attempt means for its row, `lane` is one receiver's queue, `reporting` what is said of it;
`dispatcher` runs them all.
"""

from monitor.dispatcher.dispatcher import Dispatcher
from monitor.dispatcher.reporting import ReceiverHealth

__all__ = ["Dispatcher", "ReceiverHealth"]
