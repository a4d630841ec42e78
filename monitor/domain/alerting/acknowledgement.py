"""Somebody looks after it: an acknowledged alert is not repeated until something about its group
changes."""

from datetime import datetime

import msgspec


class Acknowledgement(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Who looks after one instance of an alert, and since when."""

    alert_id: str
    author: str
    at: datetime
    comment: str = ""
