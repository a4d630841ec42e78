"""`bsg-monitor` and `python -m monitor`."""

import sys

from monitor.cli import app
from monitor.cli.terminal import open_missing, write_plainly


def main() -> None:
    """Run the command line and end the process with its exit code."""
    open_missing()
    write_plainly(sys.stdout)
    write_plainly(sys.stderr)
    app(prog_name="bsg-monitor")


if __name__ == "__main__":
    main()
