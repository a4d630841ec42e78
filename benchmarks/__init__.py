"""Speed and size, as ratios and figures measured in one run. `make bench` prints the table; nothing here is a test."""
