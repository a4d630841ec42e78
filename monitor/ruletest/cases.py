"""A test of rules as values. Times are seconds since the case's start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.domain.campaign.detail import CampaignDetail
from monitor.domain.campaign.snapshot import Campaign
from monitor.errors import Place, Problem
from monitor.rulefile import RuleFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What one campaign shows: from each time on (ascending) a snapshot, or None once the
    provider no longer knows it.

    `detail` is what the provider says of it in detail, whenever it is asked.
    """

    id: int
    snapshots: Sequence[tuple[float, Campaign | None]]
    detail: CampaignDetail | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMoment:
    """How the account stands from a time on. `answers`: `up`, `partial` or `down`."""

    at: float
    answers: str = "up"
    balance: float | None = None
    credit: float = 0.0
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedAlert:
    """One alert that should be there. What is None, or not named in `labels`, is not compared.

    `subject`: the campaign's id, the sender or "" for the account, as text. `state`: firing or
    pending; in a message firing, resolved or event, and only there it may be None.
    """

    alert: str
    subject: str | None = None
    state: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    summary: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedMessage:
    """One message that should have been sent. What is None is not compared."""

    receiver: str
    reason: str | None = None
    alerts: Sequence[ExpectedAlert] | None = None
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What should be so at a time. `alerts`: all that fire, and pending ones where one is named.
    `messages`: all that were sent since the expectation before. None is not compared."""

    at: float
    alerts: Sequence[ExpectedAlert] | None = None
    messages: Sequence[ExpectedMessage] | None = None
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test: what is read, every `interval` from `start` on, and what is expected of it
    (ascending by time)."""

    name: str
    account: str
    start: datetime
    interval: timedelta
    campaigns: Sequence[Timeline]
    accounts: Sequence[AccountMoment]
    expectations: Sequence[Expectation]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A file of tests, and the rules that they test. `warnings` are what works and is probably
    not meant."""

    path: str
    rules: RuleFile
    cases: Sequence[Case]
    warnings: Sequence[Problem] = ()
