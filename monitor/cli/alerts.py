"""`alerts`: what fires, is pending, or has ended."""

from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import completion
from monitor.cli.arguments import (
    Account,
    AsJson,
    Limit,
    MessageType,
    Sender,
    cut,
    limit_of,
    one_of,
)
from monitor.cli.invocation import ask_store, load_settings_of
from monitor.cli.tables.record_table import print_records
from monitor.cli.unknown_filter_values import warn_of_unknown_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.domain.alerting.alert import Acknowledgement, Alert
    from monitor.ports import Store

STATES = ("pending", "firing", "resolved", "event")


def alerts(
    ctx: typer.Context,
    state: Annotated[
        list[str] | None,
        typer.Option(
            help="pending, firing, resolved or event; may be given several times. Without: "
            "pending and firing.",
            metavar="STATE",
            autocompletion=completion.words(*STATES),
        ),
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option(
            "--alert",
            help="Only alerts of this rule.",
            metavar="NAME",
            autocompletion=completion.rules,
        ),
    ] = None,
    severity: Annotated[
        str | None,
        typer.Option(
            help="Only this severity.", metavar="SEVERITY", autocompletion=completion.severities
        ),
    ] = None,
    message_type: MessageType = None,
    account: Account = None,
    sender: Sender = None,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """List alerts: what fires and what is pending now, or with --state resolved what has ended.
    The most severe first."""
    selected = one_of(state, STATES, "--state") or frozenset({"pending", "firing"})
    loaded = load_settings_of(ctx)
    ended = not selected.isdisjoint({"resolved", "event"})
    found = ask_store(loaded, lambda store: _alerts(store, ended=ended))
    from monitor.cli.tables.columns import ENDED_COLUMNS, LISTED_COLUMNS
    from monitor.domain.alerting.notified import weight
    from monitor.records import alert_record

    records = [
        record
        for record in (alert_record(*each) for each in found)
        if record["state"] in selected
        and (rule is None or record["alertname"] == rule)
        and (severity is None or record["severity"] == severity)
        and (message_type is None or record["message_type"] == message_type)
        and (account is None or record["account"] == account)
        and (sender is None or record["sender"] == sender)
    ]
    records.sort(
        key=lambda record: (record["resolved_at"] or record["active_since"], record["id"]),
        reverse=True,
    )
    states = ("firing", "pending", "event", "resolved")
    records.sort(key=lambda record: (states.index(record["state"]), weight(record["severity"])))
    shown, more = cut(records, limit_of(limit, as_json=as_json))
    columns = ENDED_COLUMNS if "resolved" in selected else LISTED_COLUMNS
    print_records(shown, columns, as_json=as_json, more=more)
    if not records:
        given = {
            "--alert": rule,
            "--severity": severity,
            "--type": message_type,
            "--account": account,
            "--sender": sender,
        }
        warn_of_unknown_values(loaded, given)


async def _alerts(
    store: "Store", *, ended: bool
) -> "list[tuple[Alert, Acknowledgement | None, Sequence[str]]]":
    """Open alerts and, with `ended`, the history, with who is handling them and which silences
    keep them quiet.

    What has ended but is not closed is in both: once is enough.
    """
    from monitor.clock import SystemClock
    from monitor.domain.routing.silence import silencing
    from monitor.ports import EVERYTHING

    now = SystemClock().now()
    found = {alert.id: alert for alert in await store.open_alerts()}
    if ended:
        found |= {alert.id: alert for alert in await store.alert_history(limit=EVERYTHING)}
    said = {each.alert_id: each for each in await store.acknowledgements()}
    silences = await store.silences(ended_after=now)
    return [
        (alert, said.get(alert.id), silencing(alert, silences, now)) for alert in found.values()
    ]
