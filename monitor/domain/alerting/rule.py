"""Rules as checked values: what `rules.yaml` becomes if everything in it is right."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from monitor.domain.campaign.event import EventKind
from monitor.domain.campaign.figures import DEFAULT_SETTLE, Settle
from monitor.domain.campaign.sender import DEFAULT_OVER_SECONDS, SenderWindow
from monitor.domain.condition import Condition
from monitor.domain.texts.template import Template
from monitor.errors import Place


class Scope(StrEnum):
    """What a rule looks at, one alert for each."""

    CAMPAIGN = "campaign"
    SENDER = "sender"
    ACCOUNT = "account"
    RECEIVER = "receiver"


RESERVED_LABELS = frozenset(
    {
        "alertname",
        "account",
        "campaign_id",
        "sender",
        "message_type",
        "severity",
        "receiver",
        "scope",
    }
)
"""Labels the monitor sets itself; a rule's own `labels` may not name them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One entry of `rules:`.

    A state rule has an empty `on`: it fires once `when` has held for `hold` (`for:`) and
    resolves once it has not held for `keep_firing`. An event rule names event kinds in `on`: it
    is told once for each event at which `when` holds (always, when null) and has no `hold`.
    `over`: how far back a sender's campaigns count. `settle` is what its settled fields mean, in
    `when` and in its texts. `detail`: the campaigns that the rest of its condition selects are
    read in detail before it is asked. `place` is where the rule stands in its file.
    """

    name: str
    scope: Scope = Scope.CAMPAIGN
    when: Condition | None = None
    on: frozenset[EventKind] = frozenset()
    hold: timedelta = timedelta(0)
    keep_firing: timedelta = timedelta(0)
    severity: str = "warning"
    labels: Mapping[str, str] = field(default_factory=dict)
    summary: Template
    description: Template | None = None
    runbook_url: str | None = None
    settle: Settle = DEFAULT_SETTLE
    over: timedelta = timedelta(seconds=DEFAULT_OVER_SECONDS)
    detail: bool = False
    place: Place | None = None

    @property
    def condition(self) -> Condition:
        """The condition of a state rule. ValueError for a rule without one."""
        if self.when is None:
            raise ValueError(f"rule {self.name}: a state rule needs a condition")
        return self.when

    @property
    def window(self) -> SenderWindow:
        """What a rule of scope `sender` sums up."""
        return SenderWindow(self.over.total_seconds(), self.settle)

    @property
    def names(self) -> frozenset[str]:
        """Every field that the rule needs, in its condition or its texts."""
        texts = (
            self.summary.fields
            if self.description is None
            else self.summary.fields | self.description.fields
        )
        return texts if self.when is None else texts | self.when.fields

    @property
    def is_event_rule(self) -> bool:
        return bool(self.on)
