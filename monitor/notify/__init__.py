"""How receivers are told: a folder for each kind, with its options, its messages and its notifier,
behind the port `Notifier`.

An integration knows how to write and send a message; the dispatcher decides whether and when.
`message.py` has the words and `paragraph.py` the parts that all kinds share, `transport.py` makes
the request, and `answers.py` turns the reply into a decision. `integration.py` says what a kind
is; `INTEGRATIONS` below lists them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from monitor.notify.alertmanager.notifier import ALERTMANAGER
from monitor.notify.answers import status_words
from monitor.notify.apprise import APPRISE
from monitor.notify.console import CONSOLE
from monitor.notify.discord.notifier import DISCORD
from monitor.notify.email.notifier import EMAIL
from monitor.notify.integration import (
    Context,
    Integration,
    Memory,
    Verifiable,
    VolatileMemory,
    refusal,
)
from monitor.notify.options import OPTIONS_FOLDER, AlsoWritten, ReceiverOptions
from monitor.notify.pagerduty.notifier import PAGERDUTY
from monitor.notify.slack.notifier import SLACK
from monitor.notify.teams.notifier import TEAMS
from monitor.notify.telegram.notifier import TELEGRAM
from monitor.notify.transport import open_session, reach
from monitor.notify.webhook.notifier import WEBHOOK

INTEGRATIONS: Mapping[str, Integration[Any]] = MappingProxyType(
    {
        each.name: each
        for each in (
            ALERTMANAGER,
            APPRISE,
            CONSOLE,
            DISCORD,
            EMAIL,
            PAGERDUTY,
            SLACK,
            TEAMS,
            TELEGRAM,
            WEBHOOK,
        )
    }
)
"""Every kind of receiver by its key in rules.yaml."""

__all__ = [
    "INTEGRATIONS",
    "OPTIONS_FOLDER",
    "AlsoWritten",
    "Context",
    "Integration",
    "Memory",
    "ReceiverOptions",
    "Verifiable",
    "VolatileMemory",
    "open_session",
    "reach",
    "refusal",
    "status_words",
]
