"""Groups that are due → outbox. `flusher.py` decides and commits; `groups.py` knows which alert belongs to which groups,
`quieting.py` which must stay quiet."""

from monitor.flusher.flusher import Flusher

__all__ = ["Flusher"]
