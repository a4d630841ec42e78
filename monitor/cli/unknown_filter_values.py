"""Warnings about values of filters and matchers that nothing has: a typing error must not look
like an all-clear."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from monitor.cli.invocation import ask_store
from monitor.cli.tables.printing import say

if TYPE_CHECKING:
    from monitor.domain.alerting.alert import Alert
    from monitor.domain.routing.matcher import Matcher
    from monitor.ports import Store
    from monitor.rulefile import RuleFile
    from monitor.rulefile.matchers import KnownLabels
    from monitor.settings import LoadedSettings

LABELS = {
    "--type": "message_type",
    "--account": "account",
    "--alert": "alertname",
    "--severity": "severity",
    "--receiver": "receiver",
}
"""The label that an option selects by, where its values are known."""

Values = dict[str, set[str]]
"""By option."""


def warn_of_matchers(
    loaded: "LoadedSettings", matchers: "Sequence[Matcher]", alerts: "Sequence[Alert]"
) -> None:
    """Say on stderr which of these matchers name what no alert can have, by settings, rules and
    the `alerts` that are there."""
    rules = _rules(loaded)
    if rules is None:
        return
    known = known_labels(loaded, rules).and_those_of([alert.labels for alert in alerts])
    for matcher in matchers:
        if doubt := known.doubt(matcher):
            message, hint = doubt
            say(f"warning: {matcher}: {message} ({hint})")


def known_labels(loaded: "LoadedSettings", rules: "RuleFile | None") -> "KnownLabels":
    """What labels alerts can have, by settings and rules."""
    from monitor.rulefile.matchers import KnownLabels

    return KnownLabels.of(
        rules.rules if rules else (),
        alerts=[rule.name for rule in rules.rules] if rules else (),
        receivers=[receiver.name for receiver in rules.receivers] if rules else (),
        accounts=loaded.settings.accounts,
    )


def warn_of_unknown_values(
    loaded: "LoadedSettings", given: Mapping[str, str | Iterable[str] | None]
) -> None:
    """Say on stderr which of the values given for `--status`, `--type`, `--account`, `--sender`,
    `--alert`, `--severity` and `--receiver` are neither documented nor known from settings,
    rules or database. For listings that came out empty.
    """
    doubtful: Values = {}
    for option, values in given.items():
        listed = {values} if isinstance(values, str) else set(values or ())
        if listed:
            doubtful[option] = listed
    if not doubtful:
        return
    known, where = _written_down(loaded, doubtful)
    _clear(doubtful, known)
    if not doubtful:
        return
    seen = ask_store(loaded, lambda store: _seen(store, doubtful))
    _clear(doubtful, seen)
    from monitor.yamlfile.suggestion import did_you_mean

    for option, values in doubtful.items():
        for value in sorted(values):
            hint = did_you_mean(value, known.get(option, set()) | seen.get(option, set()))
            say(f"warning: {option} {value}: unknown in {where}{f' ({hint})' if hint else ''}")


def _clear(doubtful: Values, known: Mapping[str, Collection[str]]) -> None:
    for option in list(doubtful):
        doubtful[option] -= set(known.get(option, ()))
        if not doubtful[option]:
            del doubtful[option]


def _written_down(loaded: "LoadedSettings", options: Collection[str]) -> tuple[Values, str]:
    """What is documented or stands in settings and rules; and in words where all in all is
    looked."""
    from monitor.domain.campaign.snapshot import DOCUMENTED_STATUSES

    asked = not {"--alert", "--severity", "--receiver"}.isdisjoint(options)
    rules = _rules(loaded) if asked else None
    values = known_labels(loaded, rules).values
    known = {
        option: set(values[label] - {""}) for option, label in LABELS.items() if label in values
    }
    known["--status"] = set(DOCUMENTED_STATUSES)
    if not asked:
        return known, "settings and database"
    if rules is None:
        return known, "settings and database, and the rules file cannot be read"
    return known, "settings, rules and database"


def _rules(loaded: "LoadedSettings") -> "RuleFile | None":
    from monitor.errors import ConfigError
    from monitor.rulefile import load_rules

    try:
        return load_rules(loaded, reaching=False)
    except ConfigError:  # listing needs none; `check` says what is wrong with them
        return None


async def _seen(store: "Store", options: Collection[str]) -> Values:
    """What stands in the database, as far as these options ask for it."""
    seen: Values = {}
    if "--receiver" in options:
        seen["--receiver"] = {line.receiver for line in await store.outbox_summary()}
    if any(option != "--receiver" for option in options):
        await _look(store, lambda option, value: seen.setdefault(option, set()).add(value))
    return seen


async def _look(store: "Store", note: Callable[[str, str], None]) -> None:
    from monitor.ports import EVERYTHING

    snapshot = await store.load()
    for feed in snapshot.feeds:
        note("--account", feed.account)
        note("--type", feed.message_type)
    for alert in (*snapshot.alerts, *await store.alert_history(limit=EVERYTHING)):
        note("--alert", alert.key.rule)
        note("--account", alert.key.account)
        for option, label in (
            ("--severity", "severity"),
            ("--sender", "sender"),
            ("--type", "message_type"),
        ):
            note(option, alert.labels.get(label, ""))
    events = await store.events(limit=EVERYTHING)
    for campaign in (
        *(row.campaign for row in snapshot.campaigns),
        *(event.campaign for event in events),
    ):
        note("--status", campaign.status)
        note("--type", campaign.message_type)
        note("--account", campaign.account)
        note("--sender", campaign.sender)
