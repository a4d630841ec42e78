"""How receivers are told: one file per kind, with its option model, behind the port `Notifier`.

An integration knows how to say it and how to send it; whether and when is the dispatcher's business. `answers` turns what a
receiver replied into a decision, `transport` makes the request, `message` holds the words that all share.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from monitor.notify.console import CONSOLE
from monitor.notify.integration import Context, Integration, refusal
from monitor.notify.options import ReceiverOptions
from monitor.notify.slack import SLACK
from monitor.notify.transport import open_session
from monitor.notify.webhook import WEBHOOK

INTEGRATIONS: Mapping[str, Integration[Any]] = MappingProxyType({each.name: each for each in (CONSOLE, SLACK, WEBHOOK)})
"""Every kind of receiver by its key in rules.yaml."""

__all__ = ["INTEGRATIONS", "Context", "Integration", "ReceiverOptions", "open_session", "refusal"]
