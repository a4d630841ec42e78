"""`bsg-monitor` and `python -m monitor`."""

from monitor.cli import app


def main() -> None:
    """Run the command line and end the process with its exit code."""
    app(prog_name="bsg-monitor")


if __name__ == "__main__":
    main()
