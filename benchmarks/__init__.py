"""Speed and size, as ratios and figures measured in one run. `make bench` prints the table;
nothing here is a test."""

from monitor.logs import configure_logs

configure_logs("error", "json")  # what is measured is the work, and what is printed is the table
