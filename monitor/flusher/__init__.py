"""Groups that are due → outbox. `flusher.py` decides and commits; `groups.py` knows which alert belongs to which groups,
`quieting.py` which must stay quiet, `telling.py` what the rules say about all that."""

from monitor.flusher.flusher import Flusher
from monitor.flusher.telling import Telling

__all__ = ["Flusher", "Telling"]
