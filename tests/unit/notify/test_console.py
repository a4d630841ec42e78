"""The console integration."""

import asyncio
import dataclasses
import io
import threading

import pytest

from monitor.domain.alerting.notification import NotifyReason
from monitor.errors import DeliveryError, DeliveryFault
from monitor.notify.console import ConsoleNotifier, render
from monitor.notify.integration import Context
from tests.clock import FakeClock
from tests.patience import until
from tests.unit.notify.builders import alert, campaign, detail, event, notification, resolved


def context(stream: io.TextIOBase) -> Context:
    return Context(
        session=None, clock=FakeClock(), console=stream, external_url="http://127.0.0.1:9780"
    )


async def test_a_message_is_printed_for_people() -> None:
    stream = io.StringIO()
    await ConsoleNotifier(context(stream)).send(notification(alert(), resolved(2), event(3)))
    lines = stream.getvalue().splitlines()
    assert lines[0] == "09:00:00  CRITICAL FIRING    Spring sale: 71 % of 5400 delivered"
    assert (
        lines[1].strip() == "LowDelivery · critical · ShopAgent · RCS · campaign 53651994 · sending"
    )
    assert "Condition met since 2026-03-02 08:48 UTC, firing for 2 min" in lines[2]
    assert lines[3].strip() == "http://127.0.0.1:9780/alerts/a1"
    assert [line.split()[2] for line in lines if line.startswith("09:")] == [
        "FIRING",
        "EVENT",
        "RESOLVED",
    ]
    assert any("Fired for 2 min, until 2026-03-02 09:00 UTC" in line for line in lines)


def test_a_message_says_why_below_the_figures() -> None:
    lines = render(notification(alert(detail=detail())), None).splitlines()
    assert (
        lines[3].strip()
        == "Why: not RCS-capable 34 %, expired 8 %, failed 3 %; SMS fallback: expired 13 %"
    )


def test_text_of_others_cannot_move_the_cursor_or_add_lines() -> None:
    nasty = campaign(name="a\x1b[2J\r\nCRITICAL FIRING fake\u202e", sender="\x07")
    assert render(notification(alert(campaign=nasty)), None).count("\n") == render(
        notification(), None
    ).count("\n")
    assert "\x1b" not in render(notification(alert(campaign=nasty)), None)


def test_colours_are_only_for_terminals() -> None:
    assert "\x1b[1;31m" in render(notification(), None, coloured=True)
    assert "\x1b" not in render(notification(), None)


def test_what_only_goes_on_firing_is_named_shortly_and_counted_beyond_ten() -> None:
    old = [alert(n, changed=False) for n in range(2, 15)]
    text = render(notification(alert(1), *old, reason=NotifyReason.NEW_ALERTS), None)
    assert text.count("\n09:") + text.startswith("09:") == 1
    assert "; and 3 more" in text


async def test_a_stream_that_cannot_show_a_character_shows_a_question_mark() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    await ConsoleNotifier(context(stream)).send(notification())
    assert b"LowDelivery ? critical" in raw.getvalue()


async def test_a_closed_stream_is_a_failure_that_is_tried_again() -> None:
    stream = io.StringIO()
    stream.close()
    with pytest.raises(DeliveryError) as failed:
        await ConsoleNotifier(context(stream)).send(notification())
    assert failed.value.retryable


class Stuck(io.StringIO):
    """A stream that is not read: a write ends only when it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def write(self, text: str) -> int:
        self.released.wait(30)
        return super().write(text)


async def test_a_console_that_is_not_read_fails_in_time_and_blocks_nothing() -> None:
    stream = Stuck()
    notifier = ConsoleNotifier(dataclasses.replace(context(stream), attempt_seconds=0.05))
    for _ in range(2):
        with pytest.raises(DeliveryError, match="the console is not being read") as caught:
            await notifier.send(notification(alert()))
        assert (caught.value.reason, caught.value.retryable) == (DeliveryFault.TIMEOUT, True)
    stream.released.set()
    await until(lambda: not notifier._writing)
    notifier._seconds = 30.0
    await notifier.send(notification(alert()))
    assert stream.getvalue().count("Spring sale") == 2


async def test_messages_of_one_moment_are_printed_one_after_the_other() -> None:
    stream = Stuck()
    notifier = ConsoleNotifier(context(stream))
    async with asyncio.TaskGroup() as tasks:
        for _ in range(5):
            tasks.create_task(notifier.send(notification(alert())))
        await asyncio.sleep(0)  # noqa: TID251 (all of them have begun)
        stream.released.set()
    assert stream.getvalue().count("Spring sale") == 5
