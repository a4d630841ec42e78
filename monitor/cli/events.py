"""`events`: what was observed of campaigns."""

from typing import Annotated

import typer

from monitor.cli import completion
from monitor.cli.arguments import (
    Account,
    AsJson,
    Limit,
    MessageType,
    Sender,
    campaign_id,
    cut,
    limit_of,
    one_of,
)
from monitor.cli.invocation import ask_store, load_settings_of
from monitor.cli.tables.record_table import print_records
from monitor.cli.unknown_filter_values import warn_of_unknown_values


def events(
    ctx: typer.Context,
    campaign: Annotated[
        int | None,
        typer.Option(
            help="Only this campaign, by its id.",
            metavar="ID",
            parser=campaign_id,
            autocompletion=completion.campaign_ids,
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="appeared, status_changed, edited, rewound, settled or vanished; may be given "
            "several times.",
            metavar="KIND",
            autocompletion=completion.event_kinds,
        ),
    ] = None,
    message_type: MessageType = None,
    account: Account = None,
    sender: Sender = None,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """List what was observed: status changes, edits, campaigns that appeared or vanished. The
    newest first."""
    from monitor.cli.tables.columns import EVENT_COLUMNS
    from monitor.domain.campaign.event import EventKind
    from monitor.ports import EVERYTHING
    from monitor.records import event_record

    if EventKind.PROGRESSED.value in (kind or ()):
        raise typer.BadParameter(
            "progressed events are not stored: nearly every poll brings some; rules can still be "
            "told of them",
            param_hint="'--kind'",
        )
    kinds = one_of(
        kind, tuple(k.value for k in EventKind if k is not EventKind.PROGRESSED), "--kind"
    )
    filtered = bool(kinds) or message_type is not None or sender is not None
    shown_at_most = limit_of(limit, as_json=as_json)
    most = (
        0 if filtered or not shown_at_most else shown_at_most + 1
    )  # the store counts before our filters
    loaded = load_settings_of(ctx)
    found = ask_store(
        loaded,
        lambda store: store.events(campaign_id=campaign, account=account, limit=most or EVERYTHING),
    )
    matching = [
        event
        for event in found
        if (not kinds or event.kind.value in kinds)
        and (message_type is None or event.campaign.message_type == message_type)
        and (sender is None or event.campaign.sender == sender)
    ]
    shown, more = cut(matching, shown_at_most)
    more = more if filtered or not more else "there are more"
    records = [event_record(event) for event in shown]
    print_records(records, EVENT_COLUMNS, as_json=as_json, more=more)
    if not records:
        warn_of_unknown_values(
            loaded, {"--type": message_type, "--account": account, "--sender": sender}
        )
