"""Exit code 0 when the monitor in this container answers on /healthz, 1 and a line that says why
when it does not.

It asks where `BSG_LISTEN` says that the monitor listens. A bare socket is there in a few
hundredths of a second, needs no curl, and knows no proxy.
"""

import os
import socket
import sys

TIMEOUT_SECONDS = 4.0
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (where to ask, not where to listen)


def address(listen: str) -> tuple[str, int]:
    """Host and port to ask, from `host:port` or `[host]:port`; loopback when it listens
    everywhere. ValueError without a port."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    return WILDCARDS.get(host, host), int(port)


def status_line(host: str, port: int) -> str:
    """The first line of the answer to `GET /healthz`. OSError when there is none in time."""
    with socket.create_connection((host, port), timeout=TIMEOUT_SECONDS) as connection:
        connection.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
        return connection.makefile("rb").readline(100).decode("latin-1").strip()


def main() -> str | None:
    """What is wrong, or None."""
    listen = os.environ.get("BSG_LISTEN") or "127.0.0.1:9780"
    try:
        answer = status_line(*address(listen))
    except (OSError, ValueError) as error:
        return f"no answer from {listen}: {error}"
    return None if answer.split(" ")[1:2] == ["200"] else f"{listen} answered {answer!r}, not 200"


if __name__ == "__main__":
    sys.exit(main())
