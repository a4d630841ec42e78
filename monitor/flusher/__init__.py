"""Turns groups that are due into messages in the outbox.

- `flush_loop` decides what is due and commits it.
- `groups` knows which alert belongs to which groups.
- `suppression_state` knows what must stay quiet.
- `flush_schedule` knows when to look at each group next.
- `flush_commits` builds the one transaction of a round.
- `turns` lets other tasks run during long passes.

What to tell a group is decided by `domain/routing/flush.py`, by the policy that the rules give.
"""

from monitor.flusher.flush_loop import Flusher

__all__ = ["Flusher"]
