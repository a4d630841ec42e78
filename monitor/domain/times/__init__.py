"""Time as people write it: durations, zones, intervals of the week. No clock in here."""
