"""Garbage collection for a process that holds much and makes few cycles.

A collection stops every thread while it goes through all that it tracks. So values say that they
cannot form a cycle (`gc=False`) and are not tracked, what a daemon loads at its start is taken
out for good, and the rest is looked at seldom.
"""

import gc

THRESHOLDS = (10_000, 20, 20)
"""How many more tracked objects make a young collection, and how many of these an older one. At
Python's own 700 a hundred thousand alerts that fire at once mean thousands of collections."""


def collect_rarely() -> None:
    """Set the collector of this process so, once, when all is loaded that will stay."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
