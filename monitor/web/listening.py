"""Why a port cannot be opened, in words."""

import errno

from monitor.errors import MonitorError


class ListenError(MonitorError):
    """An address cannot be listened on. `what` is the bare fact, for who has another remedy than
    BSG_LISTEN."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what


def listen_error(host: str, port: int, error: OSError | OverflowError) -> ListenError:
    """What the operating system's refusal means."""
    where = f"cannot listen on {f'[{host}]' if ':' in host else host}:{port}"
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.EADDRINUSE:
        remedy = "stop that one or set BSG_LISTEN to another port"
        return ListenError(f"{where}: the port is in use, perhaps by another monitor", remedy)
    if code == errno.EACCES:
        return ListenError(
            f"{where}: this user may not open that port", "set BSG_LISTEN to a port above 1023"
        )
    if code == errno.EADDRNOTAVAIL:
        remedy = "set BSG_LISTEN to one it has, such as 127.0.0.1:9780"
        return ListenError(f"{where}: this machine has no such address", remedy)
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return ListenError(
        f"{where}: {why}", "set BSG_LISTEN to an address and a port, such as 127.0.0.1:9780"
    )
