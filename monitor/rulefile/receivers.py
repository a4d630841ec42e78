"""The `receivers:` of the rules file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import create_model

from monitor.domain.alerting.notification import GIVE_UP_AFTER
from monitor.domain.times.duration import format_duration
from monitor.errors import Place
from monitor.notify import INTEGRATIONS, ReceiverOptions
from monitor.rulefile.option_models import option_is_known, option_may_show, options_shape
from monitor.rulefile.receiver_options import OptionsReader
from monitor.yamlfile.document import Listing, Table, YamlNode
from monitor.yamlfile.excerpts import KeyPath
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.kinds import Boolean, Text, duration, expandable, pattern
from monitor.yamlfile.models import Leaf, Shape, YamlModel, key
from monitor.yamlfile.suggestion import did_you_mean, listed

FALLBACK_AFTER = timedelta(minutes=15)
LONGEST_FALLBACK_AFTER = GIVE_UP_AFTER

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,63}")


class CommonKeys(YamlModel):
    """What every receiver has."""

    what = "a receiver"
    veiled = True
    schema_change = expandable
    schema_more: ClassVar[Shape] = {
        "allOf": [{"oneOf": [{"required": [name]} for name in INTEGRATIONS]}],
        "dependencies": {"fallback_after": ["fallback"]},
    }

    name: Annotated[
        str | None,
        pattern(
            _NAME,
            cannot="cannot be a receiver's name",
            expected="letters, digits, spaces and _ . -, at most 64 characters",
        ),
    ] = key("what routes call it")
    send_resolved: Boolean = key("whether it is told when alerts end", default=True, shown="`true`")
    fallback: Text | None = key(
        "the receiver that is told in its place once it fails", default=None
    )
    fallback_after: Annotated[timedelta, duration(timedelta(0), LONGEST_FALLBACK_AFTER)] = key(
        "how long it must have failed for that",
        default=FALLBACK_AFTER,
        shown=f"`{format_duration(FALLBACK_AFTER)}`",
    )


_KINDS: dict[str, Any] = {
    name: (
        Annotated[YamlNode | None, Leaf(lambda node: node, options_shape(each.options))],
        key(f"how it is told: {each.meaning}", default=None),
    )
    for name, each in INTEGRATIONS.items()
}
ReceiverKeys = create_model("ReceiverKeys", __base__=CommonKeys, **_KINDS)
"""One entry of `receivers:`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Where alerts can be sent. `options` are of the integration's own model; a file that was
    read without `reaching` has none.

    `fallback` names the receiver that is told in its place once it has failed for
    `fallback_after`, and of what is given up.
    """

    name: str
    integration: str
    options: ReceiverOptions
    send_resolved: bool = True
    fallback: str | None = None
    fallback_after: timedelta = FALLBACK_AFTER
    fallback_place: Place | None = None
    place: Place | None = None

    @property
    def is_console(self) -> bool:
        """Whether it tells only those who look at the daemon's output."""
        return self.integration == "console"


def receiver_may_show(path: KeyPath) -> bool:
    """Whether the value under these keys of a receiver may be shown."""
    match path:
        case (key,) if key in CommonKeys.by_key():
            return True
        case (key, *below) if key in INTEGRATIONS:
            return option_may_show(INTEGRATIONS[key].options, tuple(below))
    return False


def receiver_knows(path: KeyPath) -> bool:
    """Whether the last of these keys of a receiver is one of the words that the file is made of."""
    match path:
        case (key,):
            return key in ReceiverKeys.by_key()
        case (key, *below) if key in INTEGRATIONS:
            return option_is_known(INTEGRATIONS[key].options, tuple(below))
    return False


class ReceiverReader:
    """Reads receivers whose `${NAME}` are replaced. `folder` is where the paths of secret files
    begin; unless `reaching`, options are passed over."""

    def __init__(
        self, *, folder: Path, allow_insecure_http: bool, reaching: bool, findings: Findings
    ) -> None:
        self._options = OptionsReader(folder, allow_insecure_http, findings)
        self._reaching = reaching
        self._findings = findings

    @property
    def files(self) -> Sequence[Path]:
        """Files that receivers named and that were read."""
        return self._options.files

    def needed(self, node: YamlNode) -> YamlNode:
        """What of `receivers:` is to be read."""
        if self._reaching or not isinstance(node, Listing):
            return node
        return replace(
            node,
            items=tuple(
                _without_options(item) if isinstance(item, Table) else item for item in node.items
            ),
        )

    def read(self, keys: CommonKeys) -> Receiver | None:
        """The receiver; None when something in it is wrong, which is noted."""
        before = self._findings.count
        if keys.given("fallback_after") and not keys.given("fallback"):
            self._findings.wrong(
                "fallback_after without fallback",
                keys.entries["fallback_after"].place,
                "name a receiver",
            )
        kinds = [entry for entry in keys.entries.values() if entry.key in INTEGRATIONS]
        if not kinds and keys.entries.keys() <= CommonKeys.by_key().keys():
            message = f"a receiver needs one of {listed(INTEGRATIONS)}: how it is told"
            self._findings.wrong(message, keys.place(), 'such as "console: {}"')
        for extra in kinds[1:]:
            self._findings.wrong(
                f"a receiver has {kinds[0].key} or {extra.key}, not both",
                extra.place,
                "make two receivers",
            )
        options: ReceiverOptions | None = None
        if kinds:
            options = self._options.read(kinds[0]) if self._reaching else ReceiverOptions()
        if options is None or keys.name is None or not keys.sound or self._findings.count > before:
            return None
        return Receiver(
            name=keys.name,
            integration=kinds[0].key,
            options=options,
            send_resolved=keys.send_resolved,
            fallback=keys.fallback,
            fallback_after=keys.fallback_after,
            fallback_place=keys.place("fallback") if keys.fallback else None,
            place=keys.place(),
        )


def _without_options(table: Table) -> Table:
    entries = {
        key: replace(entry, value=Table({}, entry.place)) if key in INTEGRATIONS else entry
        for key, entry in table.entries.items()
    }
    return replace(table, entries=entries)


# --- fallbacks ------------------------------------------------------------------------------------


def check_fallbacks(receivers: Mapping[str, Receiver | None], findings: Findings) -> None:
    """`receivers` by name, None for one in which something is wrong. A chain is fine; one that
    comes back never ends."""
    reported: set[str] = set()
    for receiver in receivers.values():
        if receiver is None or receiver.fallback is None:
            continue
        if receiver.fallback not in receivers:
            hint = did_you_mean(receiver.fallback, receivers) or f"there are {', '.join(receivers)}"
            findings.wrong(
                f'fallback: there is no receiver "{receiver.fallback}"',
                receiver.fallback_place,
                hint,
            )
            continue
        chain = _chain(receiver, receivers)
        if chain[-1] == receiver.name and receiver.name not in reported:
            reported.update(chain)
            words = (
                "is the receiver itself"
                if len(chain) == 2
                else f"comes back to where it began: {' → '.join(chain)}"
            )
            findings.wrong(
                f"fallback: {words}",
                receiver.fallback_place,
                "the last one of a chain has no fallback",
            )


def _chain(start: Receiver, receivers: Mapping[str, Receiver | None]) -> list[str]:
    """The names from `start` on, up to the end or to the first that recurs."""
    names = [start.name]
    current: Receiver | None = start
    while current is not None and current.fallback is not None:
        seen = current.fallback in names
        names.append(current.fallback)
        if seen:
            break
        current = receivers.get(current.fallback)
    return names
