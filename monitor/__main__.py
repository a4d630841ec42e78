"""`bsg-monitor` and `python -m monitor`."""

import io
import sys

from monitor.cli import app


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a locale that lacks a character is no reason to fail
    app(prog_name="bsg-monitor")


if __name__ == "__main__":
    main()
