"""`notify-test`: one marked message to one receiver, sent directly, and what came of it."""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from monitor.cli import completion
from monitor.cli.arguments import AsJson
from monitor.cli.failures import FAILED, complain
from monitor.cli.invocation import load_settings_of, run_async
from monitor.cli.tables.printing import print_json, print_line

if TYPE_CHECKING:
    from monitor.errors import DeliveryError
    from monitor.rulefile import RuleFile
    from monitor.settings import LoadedSettings


def notify_test(
    ctx: typer.Context,
    receiver: Annotated[
        str,
        typer.Argument(
            help="The receiver's name in the rules file.",
            metavar="RECEIVER",
            autocompletion=completion.receivers,
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Send a message marked as a test to one receiver and say what it answered. One attempt,
    past the outbox."""
    from monitor.rulefile import load_rules

    loaded = load_settings_of(ctx)
    rules = load_rules(loaded)
    found = next((each for each in rules.receivers if each.name == receiver), None)
    if found is None:
        names = ", ".join(each.name for each in rules.receivers) or "none"
        raise typer.BadParameter(
            f"there is no receiver {receiver!r} in the rules file; there are: {names}",
            param_hint="RECEIVER",
        )
    sent = run_async(_send(loaded, rules, receiver, console=sys.stderr if as_json else sys.stdout))
    error = sent.error
    if as_json:
        print_json(
            {
                "receiver": receiver,
                "integration": found.integration,
                "delivered": error is None,
                "seconds": round(sent.seconds, 3),
                "http_statuses": sent.statuses,
                "reason": error.reason.value if error else None,
                "retryable": error.retryable if error else None,
                "error": str(error) if error else None,
            }
        )
    elif error is None:
        from monitor.notify import status_words

        answers = ", ".join(map(status_words, dict.fromkeys(sent.statuses)))
        print_line(
            f"{receiver} ({found.integration}): delivered in {sent.seconds:.2f} "
            f"s{answers and f' ({answers})'}"
        )
    else:
        later = (
            "; a real message would be tried again"
            if error.retryable
            else "; a real message would be given up"
        )
        complain(f"{receiver} ({found.integration}): {error} ({error.reason.value}){later}")
    if error is not None:
        raise typer.Exit(FAILED)


@dataclass(frozen=True, slots=True)
class _Sent:
    """How many seconds the attempt took, how it failed, and the HTTP statuses that came back:
    several for several requests."""

    seconds: float
    error: "DeliveryError | None"
    statuses: list[int]


async def _send(
    loaded: "LoadedSettings", rules: "RuleFile", name: str, *, console: TextIO
) -> _Sent:
    from monitor.clock import SystemClock
    from monitor.daemon.assembly import build_notifiers, new_message_id
    from monitor.domain.alerting.notification import test_notification
    from monitor.errors import DeliveryError
    from monitor.notify import open_session

    clock = SystemClock()
    statuses: list[int] = []
    failure: DeliveryError | None = None
    async with open_session(on_answer=statuses.append) as session:
        notifiers = build_notifiers(
            loaded.settings, rules, session=session, clock=clock, console=console
        )
        begun = clock.monotonic()
        try:
            await notifiers[name].send(test_notification(name, clock.now(), new_message_id()))
        except DeliveryError as error:
            failure = error
        finally:
            seconds = clock.monotonic() - begun
            for notifier in notifiers.values():
                await notifier.close()
    return _Sent(seconds, failure, statuses)
