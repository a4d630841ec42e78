"""Reading the provider and deciding what it means: one cycle after the other, for each feed.

`poller.py` says when, `reading.py` what to ask for, `cycle.py` is one cycle: sweep, diff,
evaluate, commit. What is in memory advances only after the commit.
"""
