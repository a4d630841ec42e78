"""Ports for servers that must know theirs before they begin, or keep it while they are down."""

import itertools
import socket

_ABOVE_THE_WELL_KNOWN = range(20_000, 30_000)
"""And below those that the kernel gives to callers that name none (from 32,768 on): a connection
anywhere on this machine could take such a one at any moment."""

_held: list[socket.socket] = []
_candidates = itertools.cycle(_ABOVE_THE_WELL_KNOWN)


def free_port() -> int:
    """A port of this machine that is not in use, and that no other test process will be given
    while this one lives."""
    for port in itertools.islice(_candidates, len(_ABOVE_THE_WELL_KNOWN)):
        mark = socket.socket(socket.AF_UNIX)
        try:
            mark.bind(
                f"\0bsg-monitor test port {port}"
            )  # a name without a file, gone with the process
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do it
                probe.bind(("127.0.0.1", port))
        except OSError:
            mark.close()
            continue
        _held.append(mark)
        return port
    raise AssertionError("no port is free")
