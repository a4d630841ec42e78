"""Speed and size, as ratios and figures measured in one run. `make bench` prints the table; these
are not tests."""

from monitor.logs import configure_logs

configure_logs("error", "json")  # logging is not measured, and only the table is printed
