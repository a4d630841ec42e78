"""What the shell offers after a TAB: names from settings, rules and database. It stays silent
about errors.

Typer writes the shells' scripts and completes commands and options; this module completes
values.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from monitor.ports import Store
    from monitor.rulefile import RuleFile
    from monitor.settings import LoadedSettings

MOST_ROWS = 100
"""Notifications or campaigns offered, the newest first: more are too many to pick from."""

Offer = tuple[str, str]
"""A value, and in a few words what it is, which some shells show."""

_UNPLAIN = re.compile(r"[^\w .,/%+-]+")
"""zsh evaluates what it is offered, and the names of campaigns are other people's: nothing that
means something to a shell."""
_PLAIN_WORD = re.compile(r"[\w.+-]+", re.ASCII)

Complete = Callable[[typer.Context, str], list[Offer]]


def words(*values: str) -> Complete:
    """Values that are always the same."""

    def complete(_ctx: typer.Context, incomplete: str) -> list[Offer]:
        return [(value, "") for value in values if value.startswith(incomplete)]

    return complete


def accounts(ctx: typer.Context, incomplete: str) -> list[Offer]:
    return _offered(
        ctx, incomplete, lambda loaded: [(name, "") for name in loaded.settings.accounts]
    )


def message_types(ctx: typer.Context, incomplete: str) -> list[Offer]:
    return _offered(
        ctx,
        incomplete,
        lambda loaded: [
            (kind, "") for each in loaded.settings.accounts.values() for kind in each.message_types
        ],
    )


def statuses(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """The documented statuses, and those that the rules file adds."""
    from monitor.domain.campaign.snapshot import DOCUMENTED_STATUSES

    extra = _offered(
        ctx, incomplete, lambda loaded: [(status, "") for status in _rules(loaded).extra_statuses]
    )
    return [*words(*DOCUMENTED_STATUSES)(ctx, incomplete), *extra]


def severities(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """The severities that have an order, and those that rules use."""
    from monitor.domain.routing.flush import SEVERITIES

    used = _offered(
        ctx, incomplete, lambda loaded: [(rule.severity, "") for rule in _rules(loaded).rules]
    )
    return list(dict([*words(*SEVERITIES)(ctx, incomplete), *used]).items())


def event_kinds(ctx: typer.Context, incomplete: str) -> list[Offer]:
    from monitor.domain.campaign.event import EventKind

    return words(*(kind.value for kind in EventKind if kind is not EventKind.PROGRESSED))(
        ctx, incomplete
    )


def scopes(ctx: typer.Context, incomplete: str) -> list[Offer]:
    from monitor.domain.fields.catalogue import FIELDS

    return words(*FIELDS)(ctx, incomplete)


def scenarios(ctx: typer.Context, incomplete: str) -> list[Offer]:
    from monitor.simulator.scenario import bundled_scenarios

    return words(*bundled_scenarios())(ctx, incomplete)


def rules(ctx: typer.Context, incomplete: str) -> list[Offer]:
    return _offered(
        ctx,
        incomplete,
        lambda loaded: [(rule.name, rule.severity) for rule in _rules(loaded).rules],
    )


def receivers(ctx: typer.Context, incomplete: str) -> list[Offer]:
    return _offered(
        ctx,
        incomplete,
        lambda loaded: [(each.name, each.integration) for each in _rules(loaded).receivers],
    )


def matchers(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """`label=value` of what rules and settings know. bash takes `=` for the end of a word and
    asks for the value alone."""

    def pairs(loaded: "LoadedSettings") -> list[Offer]:
        known = _rules(loaded)
        return [
            *((f"alertname={rule.name}", rule.severity) for rule in known.rules),
            *(
                (f"severity={severity}", "")
                for severity in dict.fromkeys(rule.severity for rule in known.rules)
            ),
            *((f"account={name}", "") for name in loaded.settings.accounts),
        ]

    typed = [
        str(word)
        for value in ctx.params.values()
        if isinstance(value, list | tuple)
        for word in value
    ]
    if typed[-1:] == ["="]:
        label = "".join(typed[-2:])
        whole = _offered(ctx, label + incomplete, pairs)
        return [(pair.removeprefix(label), about) for pair, about in whole]
    return _offered(ctx, incomplete, pairs)


def firing_alerts(ctx: typer.Context, incomplete: str) -> list[Offer]:
    from monitor.domain.routing.silence import fires
    from monitor.records import described

    async def look(store: "Store") -> list[Offer]:
        return [(alert.id, described(alert)) for alert in await store.open_alerts() if fires(alert)]

    return _stored(ctx, incomplete, look)


def rules_and_alerts(ctx: typer.Context, incomplete: str) -> list[Offer]:
    return [*rules(ctx, incomplete), *firing_alerts(ctx, incomplete)]


def subjects(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """The subjects of the rule that was typed before; of campaigns only those with alerts that
    fire or are pending."""
    rule = ctx.params.get("rule")
    scope = _offered(
        ctx,
        "",
        lambda loaded: [
            (each.scope.value, "") for each in _rules(loaded).rules if each.name == rule
        ],
    )
    offers: dict[str, Complete] = {"sender": _senders, "account": accounts, "receiver": receivers}
    return offers.get(scope[0][0] if scope else "", _campaigns_with_alerts)(ctx, incomplete)


def _senders(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """Senders with names that are safe in a shell."""

    async def look(store: "Store") -> list[Offer]:
        found = [
            row.campaign
            for row in (await store.load()).campaigns
            if _PLAIN_WORD.fullmatch(row.campaign.sender)
        ]
        return [(campaign.sender, campaign.message_type) for campaign in found]

    return _stored(ctx, incomplete, look)


def _campaigns_with_alerts(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """Ids of campaigns with open alerts."""

    async def look(store: "Store") -> list[Offer]:
        about = [
            alert.campaign for alert in await store.open_alerts() if alert.campaign is not None
        ]
        return [(str(campaign.id), campaign.name) for campaign in about]

    return _stored(ctx, incomplete, look)


def campaign_ids(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """Ids of watched campaigns, the newest first."""

    async def look(store: "Store") -> list[Offer]:
        watched = sorted(
            (row.campaign for row in (await store.load()).campaigns if row.watched),
            key=lambda each: -each.id,
        )
        return [(str(each.id), each.name) for each in watched[:MOST_ROWS]]

    return _stored(ctx, incomplete, look)


def silences(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """Ids of silences that have not ended."""
    from monitor.clock import SystemClock

    async def look(store: "Store") -> list[Offer]:
        return [
            (each.id, each.comment)
            for each in await store.silences(ended_after=SystemClock().now())
        ]

    return _stored(ctx, incomplete, look)


def notifications(*states: str) -> Complete:
    """Ids of notifications in one of these states."""

    def complete(ctx: typer.Context, incomplete: str) -> list[Offer]:
        from monitor.domain.alerting.notification import OutboxState
        from monitor.ports import OutboxQuery

        async def look(store: "Store") -> list[Offer]:
            chosen = [OutboxState(state) for state in states]
            rows = [
                row
                for state in chosen
                for row in await store.outbox(OutboxQuery(state=state, limit=MOST_ROWS))
            ]
            return [
                (row.notification.id, f"{row.state.value} to {row.notification.receiver}")
                for row in rows
            ]

        return _stored(ctx, incomplete, look)

    return complete


def _stored(
    ctx: typer.Context, incomplete: str, look: "Callable[[Store], Awaitable[list[Offer]]]"
) -> list[Offer]:
    from monitor.cli.invocation import ask_store

    return _offered(ctx, incomplete, lambda loaded: ask_store(loaded, look))


def _offered(
    ctx: typer.Context, incomplete: str, look: "Callable[[LoadedSettings], Iterable[Offer]]"
) -> list[Offer]:
    """What `look` finds that begins with `incomplete`, each value once."""
    from monitor.errors import MonitorError
    from monitor.logs import configure_logs
    from monitor.settings import load_settings

    configure_logs("error", "auto")
    try:
        loaded = load_settings(config=ctx.find_root().params.get("config"), need_account=False)
        found = dict(look(loaded))
    except MonitorError:  # `check` and `doctor` say what is wrong; a TAB does not ask for that
        return []
    return [
        (value, " ".join(_UNPLAIN.sub(" ", about).split()))
        for value, about in found.items()
        if value.startswith(incomplete)
    ]


def _rules(loaded: "LoadedSettings") -> "RuleFile":
    from monitor.rulefile import load_rules

    return load_rules(loaded, reaching=False)
