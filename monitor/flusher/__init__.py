"""Groups that are due → outbox. `flusher.py` decides and commits; `groups.py` knows which alert
belongs to which groups, `quieting.py` which must stay quiet, `telling.py` what the rules say
about all that."""

from monitor.flusher.flush_loop import Flusher

__all__ = ["Flusher"]
