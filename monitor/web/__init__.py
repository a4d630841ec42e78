"""HTTP: metrics, health, and a page that says what runs. Reads only; nothing can be changed here."""

from monitor.web.server import WebOptions, WebServer
from monitor.web.status import (
    AlertStatus,
    BalanceStatus,
    FeedStatus,
    ReceiverStatus,
    Status,
    worst_alerts,
)

__all__ = [
    "AlertStatus",
    "BalanceStatus",
    "FeedStatus",
    "ReceiverStatus",
    "Status",
    "WebOptions",
    "WebServer",
    "worst_alerts",
]
