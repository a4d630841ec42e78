"""Receivers: can they be reached, and do they accept their credentials? Sends no message."""

from datetime import datetime

import aiohttp

from monitor.doctor.finding import Finding, Level, ok, problem
from monitor.doctor.network_checks import examine_host
from monitor.errors import DeliveryError
from monitor.notify import Verifiable, reach
from monitor.ports import Notifier
from monitor.rulefile import Receiver

REACH_SECONDS = 10.0


async def verified(receiver: Receiver, notifier: Notifier, session: aiohttp.ClientSession) -> str:
    """Try a receiver without sending it a message. Returns in words how far that proves it; raises
    `DeliveryError` with what is wrong."""
    options = receiver.options
    if isinstance(notifier, Verifiable):
        await notifier.verify()
        return "can be reached and accepts the credentials; notify-test proves the rest"
    endpoint = options.endpoint()
    if endpoint is None:
        return (
            "needs no network"
            if receiver.is_console
            else "cannot be tried without a message; notify-test does"
        )
    await reach(session, endpoint, seconds=REACH_SECONDS, tls=options.tls_context())
    return "can be reached; notify-test proves the rest"


async def examine_receiver(
    receiver: Receiver, notifier: Notifier, session: aiohttp.ClientSession, *, now: datetime
) -> list[Finding]:
    """Check its host and certificate, then its credentials."""
    subject = f"receiver {receiver.name}"
    endpoint = receiver.options.endpoint()
    found: list[Finding] = []
    if endpoint is not None:
        found = await examine_host(
            subject, endpoint, now=now, tls=receiver.options.tls_context(), name="its host"
        )
        if any(each.level is Level.PROBLEM for each in found):
            return found
    try:
        return [
            *found,
            ok(subject, f"({receiver.integration}) {await verified(receiver, notifier, session)}"),
        ]
    except DeliveryError as error:
        return [*found, problem(subject, f"({receiver.integration}) {error}")]
