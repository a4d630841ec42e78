"""HTTP: metrics, health, and a page that says what runs. Reads only; nothing can be changed
here."""

from monitor.web.listening import ListenError
from monitor.web.server import WebOptions, WebServer
from monitor.web.status import (
    FRESH_FOR,
    AlertStatus,
    BalanceStatus,
    FeedStatus,
    ReceiverStatus,
    Status,
    Trouble,
    headline,
    worst_alerts,
)

__all__ = [
    "FRESH_FOR",
    "AlertStatus",
    "BalanceStatus",
    "FeedStatus",
    "ListenError",
    "ReceiverStatus",
    "Status",
    "Trouble",
    "WebOptions",
    "WebServer",
    "headline",
    "worst_alerts",
]
