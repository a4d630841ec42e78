"""A test file: its keys, and the tests that are made of them.

Offsets are seconds since the start of a test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, cast

from pydantic import BeforeValidator, ValidationInfo

from monitor.domain.alerting.notification import NotifyReason
from monitor.domain.campaign.detail import CampaignDetail, Split
from monitor.domain.campaign.snapshot import Campaign, CampaignStatus, MessageType
from monitor.domain.safetext.possible_secrets import quoted
from monitor.domain.times.duration import parse_duration
from monitor.errors import Place, Problem
from monitor.rulefile import RuleFile
from monitor.yamlfile import values
from monitor.yamlfile.document import Entry, Listing, Scalar, Table, YamlNode, described
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.kinds import (
    TEXT,
    Text,
    duration,
    leaf,
    number,
    one_word,
    text_node,
    whole,
    word_of,
)
from monitor.yamlfile.models import Items, Leaf, NotedError, YamlModel, key
from monitor.yamlfile.suggestion import one_of
from monitor.yamlfile.values import WrongValueError

GONE = "gone"
"""A status that says the provider no longer knows the campaign."""
SAME = "."
"""A cell that says: as above."""
LARGEST = 2**63 - 1
"""The largest counter."""
FIRST_YEAR, LAST_YEAR = 2000, 2100
FURTHEST = timedelta(days=366)
"""How far from the start a time may be."""
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STATES = ("firing", "pending")
TOLD_STATES = ("firing", "resolved", "event")


# --- values ---------------------------------------------------------------------------------------


def seconds_of(written: str) -> float:
    """Seconds since the start: `20m`, `-1h30m`, `0s`. ValueError."""
    written = written.strip()
    span = parse_duration(written.removeprefix("-").removeprefix("+"))
    if span > FURTHEST:
        raise ValueError(
            f"{quoted(written)} is too far from the start: {FURTHEST.days} days are the most"
        )
    return -span.total_seconds() if written.startswith("-") else span.total_seconds()


def moment(written: str) -> datetime:
    """A time in ISO 8601, UTC where it names no zone. ValueError."""
    try:
        found = datetime.fromisoformat(written.strip())
    except ValueError:
        raise WrongValueError(
            f'"{quoted(written)}" is not a time', "such as 2026-03-02T09:00Z"
        ) from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise WrongValueError(
            f"a time is between {FIRST_YEAR} and {LAST_YEAR}, found {quoted(written)}"
        )
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _written(node: YamlNode) -> str:
    if not isinstance(node, Scalar) or node.value is None:
        raise WrongValueError(f"expected one value, found {described(node)}")
    return node.text


def _time(node: YamlNode) -> float | datetime:
    written = node.text.strip() if isinstance(node, Scalar) else ""
    if written[:4].isdecimal() and written[4:5] == "-":
        return moment(written)
    if written[:1] in "+-" or written[:1].isdecimal():
        return seconds_of(written)
    hint = "such as -5m, since the start, or 2026-03-02T09:00Z"
    raise WrongValueError(f"expected a time, found {described(node)}", hint)


def _unix(time: float | datetime | None, start: float) -> float | None:
    """A time as Unix seconds; offsets count from `start`."""
    if time is None:
        return None
    return time.timestamp() if isinstance(time, datetime) else start + time


def _count(node: YamlNode) -> int:
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise WrongValueError(f"expected a whole number, 0 or more, found {described(node)}")
    return value


def _labels(node: YamlNode) -> Mapping[str, str]:
    if not isinstance(node, Table):
        raise WrongValueError(f"expected a mapping, found {described(node)}")
    return {entry.key: _written(entry.value) for entry in node.entries.values()}


def _nullable(found: Leaf) -> Leaf:
    def read(node: YamlNode) -> Any:
        return None if isinstance(node, Scalar) and node.value is None else found.read(node)

    return Leaf(read, found.shape)


def _table_of(columns: type[YamlModel]) -> BeforeValidator:
    """A list of rows, the first of which names columns, as a list of mappings. Cells that say "as
    above" have the value above."""
    names = ("at", *(name for name in columns.by_key() if name != "at"))

    def mappings(node: YamlNode, info: ValidationInfo) -> Listing:
        findings, what = cast("Findings", info.context), info.field_name
        lists = node.items if isinstance(node, Listing) else ()
        rows = [item for item in lists if isinstance(item, Listing)]
        if not rows or len(rows) < len(lists):
            hint = f"the first names the columns: [{', '.join(names)}]"
            findings.wrong(f"{what}: expected a list of rows", node.place, hint)
            raise NotedError
        header = [cell.text if isinstance(cell, Scalar) else "" for cell in rows[0].items]
        for place, (name, cell) in enumerate(zip(header, rows[0].items, strict=True)):
            if name not in names:
                message, hinted = one_of(names, name)
                findings.wrong(f"{what}: no such column: {message}", cell.place, hinted)
            elif name in header[:place]:
                findings.wrong(f'{what}: the column "{name}" is there twice', cell.place)
        if "at" not in header:
            findings.wrong(f'{what}: there is no column "at"', rows[0].place)
        if "at" not in header or len({*header} & {*names}) < len(header):
            raise NotedError
        above: dict[str, Entry] = {}
        found: list[YamlNode] = []
        for row in rows[1:]:
            cells = [cell for cell in row.items if isinstance(cell, Scalar)]
            if not len(cells) == len(header) == len(row.items):
                message = f"the row has {len(row.items)} cells, its columns are {', '.join(header)}"
                findings.wrong(f"{what}: {message}", row.place)
                continue
            above |= {
                name: Entry(name, cell.place, cell)
                for name, cell in zip(header, cells, strict=True)
                if cell.text != SAME
            }
            found.append(Table(dict(above), row.place))
        return Listing(tuple(found), node.place)

    return BeforeValidator(mappings)


def _in_full(node: YamlNode) -> YamlNode:
    """`Stalled 7` is short for `{alert: Stalled, campaign: 7}`."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return node
    name, _, subject = node.text.partition(" ")
    words = {"alert": name, "campaign": subject.strip()}
    return Table(
        {
            each: Entry(each, node.place, Scalar(word, word, node.place))
            for each, word in words.items()
            if word
        },
        node.place,
    )


Offset = Annotated[float, Leaf(lambda node: seconds_of(_written(node)), TEXT)]
Moment = Annotated[datetime, leaf(lambda value: moment(values.text(value)), TEXT)]
Interval = Annotated[timedelta, duration(timedelta(seconds=1), timedelta(days=1))]
Word = Annotated[str, Leaf(_written, TEXT)]
NullableText = Annotated[str | None, _nullable(Leaf(lambda node: text_node(node).text, TEXT))]
Time = Annotated[float | datetime, Leaf(_time, TEXT)]
NullableTime = Annotated[float | datetime | None, _nullable(Leaf(_time, TEXT))]
Count = Annotated[int | None, _nullable(Leaf(_count, {"type": "integer", "minimum": 0}))]
Number = Annotated[float | None, _nullable(number())]


# --- campaigns and accounts -----------------------------------------------------------------------


class SplitKeys(YamlModel):
    what: ClassVar[str] = "a campaign's fallback"
    shown_as: ClassVar[str] = "a mapping such as {expired: 90, failed: 10}"
    delivered: Count = key("arrived", default=None)
    read: Count = key("arrived and were read", default=None)
    awaiting_report: Count = key("handed over, no report yet", default=None)
    scheduled: Count = key("planned", default=None)
    moderation: Count = key("in moderation", default=None)
    accepted: Count = key("accepted by the operator", default=None)
    sending: Count = key("being sent", default=None)
    expired: Count = key("expired on the way", default=None)
    failed: Count = key("failed", default=None)
    undelivered: Count = key("refused by the phone or the operator", default=None)
    unknown: Count = key("outcome unknown", default=None)
    not_rcs_user: Count = key("the phone has no RCS", default=None)
    not_viber_user: Count = key("the phone has no Viber", default=None)


class DetailKeys(SplitKeys):
    what: ClassVar[str] = "a campaign's detail"
    total_messages: Count = key("messages in all", default=None)
    total_phones: Count = key("phones in all", default=None)
    total_price: Number = key("what they cost", default=None)
    fallback: SplitKeys | None = key("the same counters of the SMS fallback", default=None)

    def made(self, read_at: float) -> CampaignDetail:
        """The detail, read at a Unix time."""
        fallback = Split(**self.fallback.given_values()) if self.fallback else None
        return CampaignDetail(**self.given_values() | {"read_at": read_at, "fallback": fallback})


class CampaignFacts(YamlModel):
    what: ClassVar[str] = "a campaign"
    name: Word = key("its name", default=None, shown="`Campaign 1`, …")
    sender: Word = key("who sends it", default=None, shown="`Sender`")
    status: Word = key(
        "`sending`, `done` …; in `snapshots` also `gone`: the provider no longer knows it",
        default=None,
        shown="`scheduled`",
    )
    message_type: Annotated[str, one_word(map(str, MessageType))] = key(
        "`sms`, `rcs`, `viber`, `hlr` or `whatsapp`", default=None, shown="`sms`"
    )
    currency: NullableText = key("of its price", default=None)
    created_at: Time = key("when it was created", default=None, shown="the start")
    start_at: NullableTime = key("when it should start", default=None)
    real_start_at: NullableTime = key("when it started", default=None)
    finished_at: NullableTime = key("when it ended", default=None)
    sent: Count = key("messages handed over", default=None)
    delivered: Count = key("messages delivered", default=None)
    fallback_sent: Count = key("messages of the SMS fallback handed over", default=None)
    fallback_delivered: Count = key("messages of the SMS fallback delivered", default=None)
    calculated_price: Number = key("its price", default=None)

    def facts(self, start: float) -> dict[str, Any]:
        """The fields of a `Campaign` that are given; offsets count from `start` (Unix seconds)."""
        return {
            name: _unix(value, start) if name.endswith("_at") else value
            for name, value in self.given_values().items()
            if name in CampaignFacts.model_fields
        }


class SnapshotRow(CampaignFacts):
    at: Offset = key("since when it shows this", example="such as 20m, since the start")


class CampaignKeys(CampaignFacts):
    id: Annotated[int, whole(1, 10**18 - 1)] = key("its id", default=None, shown="1, 2, …")
    detail: DetailKeys | None = key(
        "what the provider says of it [in detail](#campaigns-in-detail)", default=None
    )
    snapshots: Annotated[tuple[SnapshotRow, ...], Items(), _table_of(SnapshotRow)] = key(
        "what it shows when: a list of rows, the first names the columns", default=()
    )


class AccountRow(YamlModel):
    at: Offset = key("since when", example="such as 20m, since the start")
    answers: Annotated[str, one_word(("up", "partial", "down", "refused"))] = key(
        "how the provider answers: `up`, `partial`, `down`, or `refused` for a key that it refuses",
        default="up",
        shown="`up`",
    )
    rejected: Number = key("how many rows of its list cannot be read", default=None, shown="0")
    balance: Number = key("the balance", default=None)
    credit: Number = key("the credit", default=None, shown="0")
    currency: NullableText = key("the currency of both, such as EUR", default=None)


# --- what is expected -----------------------------------------------------------------------------


class ExpectedAlert(YamlModel):
    """One alert that should be there. What is None, or not in `labels`, is not compared."""

    what: ClassVar[str] = "an expected alert"
    shown_as: ClassVar[str] = 'an alert, such as "Stalled 1" or {alert: Stalled, campaign: 1}'
    alert: Text = key("the rule's name", example="the name of a rule")
    campaign: Word | None = key("the campaign's id", default=None)
    sender: Text | None = key("the sender, for a rule of scope sender", default=None)
    state: str | None = key(
        "`firing` or `pending`; in a message `firing`, `resolved` or `event`",
        default=None,
        shown="`firing`; in a message any",
    )
    labels: Annotated[Mapping[str, str], Leaf(_labels, {"type": "object"})] = key(
        "labels that it has", default={}
    )
    severity: Text | None = key("its severity", default=None)
    summary: Text | None = key("its summary", default=None)
    description: Text | None = key("its description", default=None)

    @property
    def subject(self) -> str | None:
        """The campaign's id or the sender, as text."""
        return self.sender if self.campaign is None else self.campaign

    @property
    def compared_labels(self) -> Mapping[str, str]:
        """The labels, with the severity."""
        return {**self.labels, **({"severity": self.severity} if self.severity else {})}

    @property
    def compared_texts(self) -> Mapping[str, str]:
        """The summary and the description that are given."""
        texts = {"summary": self.summary, "description": self.description}
        return {name: text for name, text in texts.items() if text}


class FiringAlert(ExpectedAlert):
    state: Annotated[str, leaf(values.choice(*STATES), word_of(STATES))] = key(
        "`firing` or `pending`", default=STATES[0], shown="`firing`"
    )


class ToldAlert(ExpectedAlert):
    state: Annotated[str, leaf(values.choice(*TOLD_STATES), word_of(TOLD_STATES))] | None = key(
        "`firing`, `resolved` or `event`", default=None, shown="any"
    )


class ExpectedMessage(YamlModel):
    """One message that should have been sent. What is None is not compared."""

    what: ClassVar[str] = "a message"
    receiver: Text = key("the receiver's name", example="the name of a receiver")
    reason: (
        Annotated[str, leaf(values.choice(*map(str, NotifyReason)), word_of(NotifyReason))] | None
    ) = key(
        f"why it is sent: {', '.join(f'`{each}`' for each in NotifyReason)}",
        default=None,
        shown="any",
    )
    alerts: (
        Annotated[tuple[Annotated[ToldAlert, BeforeValidator(_in_full)], ...], Items()] | None
    ) = key("its alerts, all of them", default=None, shown="any")


class Expectation(YamlModel):
    """What should be so at a time. None is not compared."""

    what: ClassVar[str] = "an expectation"
    at: Offset = key("when", example="such as 20m, since the start")
    alerts: (
        Annotated[tuple[Annotated[FiringAlert, BeforeValidator(_in_full)], ...], Items()] | None
    ) = key(
        "all alerts that fire, and those that are pending where you name one; `[]` for none",
        default=None,
        shown="any",
    )
    messages: Annotated[tuple[ExpectedMessage, ...], Items()] | None = key(
        "all messages since the expectation before; `[]` for none", default=None, shown="any"
    )


# --- tests ----------------------------------------------------------------------------------------


class CaseKeys(YamlModel):
    what: ClassVar[str] = "a test"
    name: Text = key("what is tested", example="what is tested, in a few words")
    account: Text = key("the account", default="default", shown="`default`")
    interval: Interval | None = key("time between two readings", default=None, shown="the file's")
    start: Moment | None = key("when it starts", default=None, shown="the file's")
    campaigns: Annotated[tuple[CampaignKeys, ...], Items()] = key("its campaigns", default=())
    accounts: Annotated[tuple[AccountRow, ...], Items(), _table_of(AccountRow)] = key(
        "how the account stands when: a list of rows, the first names the columns", default=()
    )
    expect: Annotated[
        tuple[Expectation, ...],
        Items(empty="nothing is expected", hint='a list; each entry begins with "- at: 20m"'),
    ] = key(
        "what should fire and be told, in the order of time",
        example='a list; each entry begins with "- at: 20m"',
    )


class CaseFileKeys(YamlModel):
    what: ClassVar[str] = "a test file"
    rules: Text | None = key("the rules file, beside this one", default=None, shown="`rules.yaml`")
    interval: Interval = key(
        "time between two readings", default=timedelta(minutes=1), shown="`1m`"
    )
    start: Moment = key("when tests start", default=MONDAY, shown="2026-03-02T09:00Z, a Monday")
    tests: Annotated[
        tuple[CaseKeys, ...],
        Items(empty="there are none", hint='a list; each test begins with "- name: …"'),
    ] = key("the tests", example='a list; each test begins with "- name: …"')


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignTimeline:
    """What one campaign shows: from each offset on (ascending) a snapshot, or None once the
    provider no longer knows it.

    `detail` is what the provider says of it in detail, whenever it is asked.
    """

    id: int
    snapshots: Sequence[tuple[float, Campaign | None]]
    detail: CampaignDetail | None = None

    @classmethod
    def of(cls, keys: CampaignKeys, number: int, account: str, start: float) -> "CampaignTimeline":
        """The campaign, as the `number`th of its test; offsets count from `start`."""
        facts = {
            "account": account,
            "id": keys.id or number,
            "name": f"Campaign {number}",
            "sender": "Sender",
            "status": CampaignStatus.SCHEDULED.value,
            "message_type": MessageType.SMS.value,
            "created_at": start,
            **keys.facts(start),
        }
        snapshots = [
            (row.at, None if row.status == GONE else Campaign(**facts | row.facts(start)))
            for row in keys.snapshots
        ]
        return cls(
            id=keys.id or number,
            snapshots=snapshots or [(0.0, Campaign(**facts))],
            detail=keys.detail.made(start) if keys.detail else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test: what is read, every `interval` from `start` on, and what is expected of it
    (ascending by time)."""

    name: str
    account: str
    start: datetime
    interval: timedelta
    campaigns: Sequence[CampaignTimeline]
    accounts: Sequence[AccountRow]
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
