"""Values of filters that nothing bears: a typing error must not look like an all-clear."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from monitor.cli.invocation import run_async, store_beside
from monitor.cli.printing import say

if TYPE_CHECKING:
    from monitor.config import LoadedSettings, RuleFile
    from monitor.store import SqliteStore

Values = dict[str, set[str]]
"""By option."""


def warn_of_strangers(loaded: "LoadedSettings", given: Mapping[str, str | Iterable[str] | None]) -> None:
    """Say on stderr which of the values given for `--status`, `--type`, `--account`, `--sender`, `--alert`, `--severity` and
    `--receiver` are neither documented nor known from settings, rules or database. For listings that came out empty.
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
    seen = run_async(_seen(loaded, doubtful))
    _clear(doubtful, seen)
    from monitor.config.suggestion import did_you_mean

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
    """What is documented or stands in settings and rules; and in words where all in all is looked."""
    from monitor.domain.campaign import DOCUMENTED_STATUSES, MessageType
    from monitor.domain.routing import SEVERITIES

    accounts = loaded.settings.accounts
    known: Values = {
        "--status": set(DOCUMENTED_STATUSES),
        "--type": {kind.value for kind in MessageType},
        "--account": set(accounts),
        "--severity": set(SEVERITIES),
    }
    if not {"--alert", "--severity", "--receiver"}.intersection(options):
        return known, "settings and database"
    rules = _rules(loaded)
    if rules is None:
        return known, "settings and database, and the rules file cannot be read"
    known["--alert"] = {rule.name for rule in rules.rules}
    known["--severity"] |= {rule.severity for rule in rules.rules}
    known["--receiver"] = {receiver.name for receiver in rules.receivers}
    return known, "settings, rules and database"


def _rules(loaded: "LoadedSettings") -> "RuleFile | None":
    from monitor.config import load_rules
    from monitor.errors import ConfigError

    try:
        return load_rules(loaded, reaching=False)
    except ConfigError:  # listing needs none; `check` says what is wrong with them
        return None


async def _seen(loaded: "LoadedSettings", options: Collection[str]) -> Values:
    """What stands in the database, as far as these options ask for it."""
    seen: Values = {}
    async with store_beside(loaded) as store:
        if "--receiver" in options:
            seen["--receiver"] = {line.receiver for line in await store.outbox_summary()}
        if any(option != "--receiver" for option in options):
            await _look(store, lambda option, value: seen.setdefault(option, set()).add(value))
    return seen


async def _look(store: "SqliteStore", note: Callable[[str, str], None]) -> None:
    from monitor.ports import EVERYTHING

    snapshot = await store.load()
    for feed in snapshot.feeds:
        note("--account", feed.account)
        note("--type", feed.message_type)
    for alert in (*snapshot.alerts, *await store.alert_history(limit=EVERYTHING)):
        note("--alert", alert.key.rule)
        note("--account", alert.key.account)
        for option, label in (("--severity", "severity"), ("--sender", "sender"), ("--type", "message_type")):
            note(option, alert.labels.get(label, ""))
    events = await store.events(limit=EVERYTHING)
    for campaign in (*(row.campaign for row in snapshot.campaigns), *(event.campaign for event in events)):
        note("--status", campaign.status)
        note("--type", campaign.message_type)
        note("--account", campaign.account)
        note("--sender", campaign.sender)
