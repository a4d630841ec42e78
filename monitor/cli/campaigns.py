"""`campaigns`: what the store of a running or stopped monitor knows of campaigns; `campaigns
show`: of one, everything."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from monitor.cli import completion
from monitor.cli.arguments import (
    Account,
    AsCsv,
    AsJson,
    Limit,
    MessageType,
    Sender,
    campaign_id,
    cut,
    limit_of,
    one_form,
    one_of,
    parse_moment,
)
from monitor.cli.failures import FAILED, WRONG_USE, complain
from monitor.cli.invocation import ask_store, load_settings_of
from monitor.cli.list_campaigns import From, To
from monitor.cli.tables.printing import say
from monitor.cli.tables.record_table import print_records
from monitor.cli.unknown_filter_values import warn_of_unknown_values

if TYPE_CHECKING:
    from monitor.domain.campaign.tracking import TrackedCampaign
    from monitor.settings import LoadedSettings

LIST = "list"
SORTS = ("date", "id", "name", "sender", "type", "status", "sent", "delivered")


class ListingGroup(TyperGroup):
    """Lists, unless one of its other commands is named: `campaigns --all` is `campaigns list
    --all`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args if args and args[0] in self.commands else [LIST, *args])


app = typer.Typer(cls=ListingGroup, rich_markup_mode=None)


@app.command(LIST)
def list_(
    ctx: typer.Context,
    text: Annotated[
        str | None,
        typer.Argument(
            help="A part of the name or the sender, whatever its case and accents, or the "
            "beginning of the id.",
            metavar="TEXT",
            autocompletion=completion.words("show"),
        ),
    ] = None,
    status: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this status; may be given several times.",
            metavar="STATUS",
            autocompletion=completion.statuses,
        ),
    ] = None,
    message_type: MessageType = None,
    account: Account = None,
    sender: Sender = None,
    created_from: From = None,
    created_to: To = None,
    every: Annotated[
        bool, typer.Option("--all", help="Settled campaigns too, not only live and settling ones.")
    ] = False,
    sort: Annotated[
        str,
        typer.Option(
            help="date, sent or delivered, the largest first; id, name, sender, type or status.",
            metavar="FIELD",
            autocompletion=completion.words(*SORTS),
        ),
    ] = "date",
    limit: Limit = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List tracked campaigns, the newest first. `campaigns show ID` tells everything of one."""
    from monitor.cli.tables.columns import CAMPAIGN_COLUMNS
    from monitor.records import CAMPAIGN_KEYS, campaign_record

    for_programs = one_form(as_json=as_json, as_csv=as_csv)
    one_of([sort], SORTS, "--sort")
    loaded = load_settings_of(ctx)
    created = _created_between(loaded, created_from, created_to)
    searched = _search(text)
    snapshot = ask_store(loaded, lambda store: store.load())
    fitting = [
        row
        for row in snapshot.campaigns
        if (not status or row.campaign.status in status)
        and (message_type is None or row.campaign.message_type == message_type)
        and (account is None or row.campaign.account == account)
        and (sender is None or row.campaign.sender == sender)
        and created(row)
        and searched(row)
    ]
    rows = sorted((row for row in fitting if every or row.watched), key=_newest_first)
    rows.sort(key=_SORT_KEYS[sort])
    shown, more = cut(rows, limit_of(limit, as_json=for_programs))
    print_records(
        [campaign_record(row) for row in shown],
        CAMPAIGN_COLUMNS,
        as_json=as_json,
        as_csv=CAMPAIGN_KEYS if as_csv else (),
        more=more,
    )
    if not rows:
        warn_of_unknown_values(
            loaded,
            {"--status": status, "--type": message_type, "--account": account, "--sender": sender},
        )
        if fitting and not for_programs:
            say(f"{len(fitting):,} settled; --all shows them")


@app.command()
def show(
    ctx: typer.Context,
    id_: Annotated[
        int,
        typer.Argument(metavar="ID", parser=campaign_id, autocompletion=completion.campaign_ids),
    ],
    account: Account = None,
    samples: Annotated[bool, typer.Option("--samples", help="Every recorded figure too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show everything that is known of one campaign: its figures and their course, its events,
    alerts and messages.

    Exit code 1 when there is no such campaign, 2 when several accounts have one of that id.
    """
    from monitor.cli.tables.campaign_dossier import print_dossier
    from monitor.clock import SystemClock
    from monitor.records import find_dossiers

    now = SystemClock().now()
    loaded = load_settings_of(ctx)

    found = ask_store(loaded, lambda store: find_dossiers(store, id_, account, now=now))
    if not found:
        complain(
            f"no campaign has the id {id_}{'' if account is None else f' in account {account}'}"
        )
        raise typer.Exit(FAILED)
    if len(found) > 1:
        names = ", ".join(each.campaign.account for each in found)
        complain(f"{len(found)} accounts have a campaign {id_}: {names}; say which with --account")
        raise typer.Exit(WRONG_USE)
    print_dossier(found[0], now=now, as_json=as_json, samples=samples)


def _created_between(
    loaded: "LoadedSettings", created_from: str | None, created_to: str | None
) -> "Callable[[TrackedCampaign], bool]":
    """Whether a campaign was created then; times without a zone are in its account's.
    typer.BadParameter."""
    from datetime import UTC

    def bounds(zone: Any) -> tuple[float, float]:
        start = (
            float("-inf")
            if created_from is None
            else parse_moment(created_from, "--from", zone).timestamp()
        )
        end = (
            float("inf")
            if created_to is None
            else parse_moment(created_to, "--to", zone, end_of_day=True).timestamp()
        )
        return start, end

    others = bounds(UTC)
    known = {name: bounds(account.timezone) for name, account in loaded.settings.accounts.items()}

    def created(row: "TrackedCampaign") -> bool:
        start, end = known.get(row.campaign.account, others)
        return start <= row.campaign.created_at <= end

    return created


def _search(text: str | None) -> "Callable[[TrackedCampaign], bool]":
    from monitor.domain.safetext.shown_text import folded

    if text is None:
        return lambda _: True
    needle = folded(text)

    def found(row: "TrackedCampaign") -> bool:
        c = row.campaign
        return (
            needle in folded(c.name) or needle in folded(c.sender) or str(c.id).startswith(needle)
        )

    return found


def _newest_first(row: "TrackedCampaign") -> tuple[float, int]:
    return -row.campaign.created_at, -row.campaign.id


_SORT_KEYS: "dict[str, Callable[[TrackedCampaign], Any]]" = {
    "date": _newest_first,
    "id": lambda row: row.campaign.id,
    "name": lambda row: row.campaign.name.casefold(),
    "sender": lambda row: row.campaign.sender.casefold(),
    "type": lambda row: row.campaign.message_type,
    "status": lambda row: row.campaign.status,
    "sent": lambda row: -(row.campaign.sent or 0),
    "delivered": lambda row: -(row.campaign.delivered or 0),
}
