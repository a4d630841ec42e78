"""The `receivers:` of the rules file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from monitor.domain.alerting.notification import GIVE_UP_AFTER
from monitor.domain.times.duration import format_duration
from monitor.errors import Place
from monitor.notify import INTEGRATIONS, ReceiverOptions
from monitor.rulefile.keys import Key, Keys
from monitor.rulefile.option_models import option_is_known, option_may_show
from monitor.rulefile.receiver_options import OptionsReader
from monitor.yamlfile import values
from monitor.yamlfile.document import Listing, Table, YamlNode, described
from monitor.yamlfile.excerpts import KeyPath
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.kinds import BOOLEAN, DURATION, TEXT, matching
from monitor.yamlfile.suggestion import listed
from monitor.yamlfile.tables import TableReader

FALLBACK_AFTER = timedelta(minutes=15)
LONGEST_FALLBACK_AFTER = GIVE_UP_AFTER

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,63}")

COMMON_KEYS: Keys = {
    "name": Key(
        meaning="what routes call it",
        shape=matching(_NAME.pattern, expected="letters, digits, spaces and _ . -, at most 64"),
        required=True,
    ),
    "send_resolved": Key(
        meaning="whether it is told when alerts end", shape=BOOLEAN, default="`true`"
    ),
    "fallback": Key(meaning="the receiver that is told in its place once it fails", shape=TEXT),
    "fallback_after": Key(
        meaning="how long it must have failed for that",
        shape=DURATION,
        default=f"`{format_duration(FALLBACK_AFTER)}`",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Somebody who can be told. `options` are of the integration's own model, or none at all
    where nobody will be.

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
    """Whether the value under these keys of a receiver is no secret."""
    match path:
        case (key,) if key in COMMON_KEYS:
            return True
        case (key, *below) if key in INTEGRATIONS:
            return option_may_show(INTEGRATIONS[key].options, tuple(below))
    return False


def receiver_knows(path: KeyPath) -> bool:
    """Whether the last of these keys of a receiver is one of the words that the file is made of."""
    match path:
        case (key,):
            return key in COMMON_KEYS or key in INTEGRATIONS
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

    def wanted(self, node: YamlNode) -> YamlNode:
        """What of `receivers:` is to be read."""
        if self._reaching or not isinstance(node, Listing):
            return node
        return replace(
            node,
            items=tuple(
                _without_options(item) if isinstance(item, Table) else item for item in node.items
            ),
        )

    def read(self, table: Table) -> Receiver | None:
        """The receiver; None when something in it is wrong, which is noted."""
        before = self._findings.count
        reader = TableReader(table, "a receiver", self._findings)
        reader.check_keys((*COMMON_KEYS, *INTEGRATIONS))
        reader.require("name")
        name = reader.text("name")
        if name is not None and not _NAME.fullmatch(name.text):
            hint = "letters, digits, spaces and _ . -, at most 64 characters"
            self._findings.wrong(
                f"name: {described(name)} cannot be a receiver's name", name.place, hint
            )
        send_resolved = reader.parsed("send_resolved", values.boolean)
        fallback = reader.text("fallback")
        fallback_after = reader.duration(
            "fallback_after", FALLBACK_AFTER, longest=LONGEST_FALLBACK_AFTER
        )
        if reader.has("fallback_after") and not reader.has("fallback"):
            self._findings.wrong(
                "fallback_after without fallback",
                table.entries["fallback_after"].place,
                "name a receiver",
            )
        kinds = [entry for entry in table.entries.values() if entry.key in INTEGRATIONS]
        if not kinds and table.entries.keys() <= set(COMMON_KEYS):
            hint = 'such as "console: {}"'
            self._findings.wrong(
                f"a receiver needs one of {listed(INTEGRATIONS)}: how it is told", table.place, hint
            )
        for extra in kinds[1:]:
            self._findings.wrong(
                f"a receiver has {kinds[0].key} or {extra.key}, not both",
                extra.place,
                "make two receivers",
            )
        options: ReceiverOptions | None = None
        if kinds:
            options = self._options.read(kinds[0]) if self._reaching else ReceiverOptions()
        if name is None or options is None or self._findings.count > before:
            return None
        return Receiver(
            name=name.text,
            integration=kinds[0].key,
            options=options,
            send_resolved=send_resolved is not False,
            fallback=fallback.text if fallback else None,
            fallback_after=fallback_after,
            fallback_place=fallback.place if fallback else None,
            place=table.place,
        )


def _without_options(table: Table) -> Table:
    entries = {
        key: replace(entry, value=Table({}, entry.place)) if key in INTEGRATIONS else entry
        for key, entry in table.entries.items()
    }
    return replace(table, entries=entries)
