"""The outbox against a model: whatever is done to it in whatever order, the same rows may go out
next."""

import asyncio
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.alerting.notification import OutboxRow, OutboxState
from monitor.errors import StoreError
from monitor.ports import DeliveryResult, FlushCommit, OutboxQuery, Store
from tests.contract.stores import KINDS, StoreKind, after, claimed, group, ids, row
from tests.examples import examples

GROUPS = ("ops/a", "ops/b", "mail/a")
PICK = st.integers(0, 6)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(GROUPS), st.integers(1, 3)),
        st.tuples(st.just("supersede"), st.sampled_from(GROUPS), PICK),
        st.tuples(st.just("claim"), st.sampled_from(("ops", "mail")), st.integers(1, 3)),
        st.tuples(
            st.sampled_from(("deliver", "postpone", "halve", "retry", "drop")), PICK, st.just(0)
        ),
        st.tuples(st.just("hasten"), st.sampled_from(("ops", "mail")), st.just(0)),
        st.tuples(st.just("bury"), st.sampled_from(("ops", "mail")), st.just(0)),
        st.tuples(st.just("wait"), st.integers(1, 90), st.just(0)),
    ),
    min_size=10,
    max_size=40,
)


@dataclass
class Message:
    """What a plain reading of the port's docstrings says of a row."""

    id: str
    group: str
    due: float
    state: str = "pending"
    attempts: int = 0
    lease: float = -1.0
    aside: bool = False

    @property
    def receiver(self) -> str:
        return self.group.split("/")[0]


@dataclass
class Model:
    """Every message, those of a group in the order in which they go out."""

    now: float = 0.0
    made: int = 0
    messages: list[Message] = field(default_factory=list)

    def new(self, group_: str) -> Message:
        self.made += 1
        return Message(f"m{self.made:03}", group_, self.now)

    def picked(self, number: int) -> Message | None:
        return self.messages[number % len(self.messages)] if self.messages else None

    def may_go(self, receiver: str) -> list[Message]:
        """The oldest pending one of each group."""
        heads: dict[str, Message] = {}
        for message in self.messages:
            if message.receiver == receiver and message.state == "pending":
                heads.setdefault(message.group, message)
        return list(heads.values())


def built(message: Message, model: Model) -> OutboxRow:
    receiver, key = message.group.split("/")
    return row(message.id, key=key, receiver=receiver, due=message.due, created=model.now)


async def put(store: Store, model: Model, group_: str, replaced: list[Message], count: int) -> None:
    added = [model.new(group_) for _ in range(count)]
    commit = FlushCommit(rows=[built(m, model) for m in added], superseded=[m.id for m in replaced])
    if any(m.state != "pending" or m.attempts for m in replaced):
        with pytest.raises(StoreError):
            await store.commit_flush(commit)
        return
    await store.commit_flush(commit)
    for message in replaced:
        message.state = "superseded"
    model.messages.extend(added)


async def claim(store: Store, model: Model, receiver: str, limit: int) -> None:
    got = await claimed(store, at=model.now, limit=limit, receiver=receiver)
    due = {m.id: m for m in model.may_go(receiver) if m.due <= model.now}
    assert len(got) == min(limit, len(due))
    assert set(got) <= set(due)
    assert [due[id_].due for id_ in got] == sorted(m.due for m in due.values())[: len(got)]
    for id_ in got:
        due[id_].attempts += 1
        due[id_].due = due[id_].lease = model.now + 60


async def settle(store: Store, model: Model, message: Message, how: str) -> None:
    halves = [model.new(message.group) for _ in range(2)] if how == "halve" else []
    result = DeliveryResult(
        id=message.id,
        state=OutboxState.PENDING if how == "postpone" else OutboxState.DELIVERED,
        at=after(model.now),
        next_attempt_at=after(model.now + 30),
        replacements=[built(half, model) for half in halves],
    )
    await store.settle([result])
    if message.state != "pending":
        return
    if how == "postpone":
        message.due, message.lease = model.now + 30, -1.0
        return
    message.state = "superseded" if halves else "delivered"
    place = model.messages.index(message) + 1
    model.messages[place:place] = halves


async def by_hand(store: Store, model: Model, message: Message, how: str) -> None:
    if how == "drop":
        counts = message.state == "pending" or (message.state == "dead" and not message.aside)
        assert await store.drop([message.id], now=after(model.now)) == counts
        message.aside = message.aside or counts
        message.state = "dead" if message.state == "pending" else message.state
        return
    taken = message.state == "dead" or (message.state == "pending" and message.lease <= model.now)
    assert await store.retry([message.id], now=after(model.now)) == taken
    if taken:
        message.state, message.due, message.lease = "pending", model.now, -1.0


async def for_receiver(store: Store, model: Model, receiver: str, how: str) -> None:
    pending = [m for m in model.messages if m.receiver == receiver and m.state == "pending"]
    if how == "bury":
        others = {"ops", "mail"} - {receiver}
        assert await store.bury(sorted(others), now=after(model.now)) == len(pending)
        for message in pending:
            message.state, message.aside = "dead", False
        return
    moved = [m for m in pending if m.due > model.now and m.lease <= model.now]
    assert await store.hasten(receiver, now=after(model.now)) == len(moved)
    for message in moved:
        message.due = model.now


async def step(store: Store, model: Model, what: str, subject: str | int, number: int) -> None:
    if isinstance(subject, str):
        if what == "claim":
            await claim(store, model, subject, number)
        elif what == "put":
            await put(store, model, subject, [], number)
        elif what == "supersede":
            mine = [m for m in model.messages if m.group == subject]
            await put(store, model, subject, [mine[number % len(mine)]] if mine else [], 1)
        else:
            await for_receiver(store, model, subject, what)
    elif what == "wait":
        model.now += subject
    elif (message := model.picked(subject)) is not None:
        await (by_hand if what in {"retry", "drop"} else settle)(store, model, message, what)


async def compare(store: Store, model: Model) -> None:
    found = {
        r.notification.id: (r.state.value, r.attempts)
        for r in await store.outbox(OutboxQuery(limit=1000))
    }
    assert found == {m.id: (m.state, m.attempts) for m in model.messages}
    letters = Counter(m.receiver for m in model.messages if m.state == "dead" and not m.aside)
    assert await store.dead_letters() == letters
    for receiver in ("ops", "mail"):
        pending = [m.id for m in model.messages if m.receiver == receiver and m.state == "pending"]
        assert sorted(ids(await store.backlog(receiver, after=0, limit=1000))) == sorted(pending)
        due = min((m.due for m in model.may_go(receiver)), default=None)
        assert await store.next_due(receiver) == (None if due is None else after(due))
    for name in GROUPS:
        receiver, key = name.split("/")
        pending = [m for m in model.messages if m.group == name and m.state == "pending"]
        found = await store.replaceable([group(key, receiver=receiver)])
        assert [ids(rows) for rows in found.values()] == (
            [[m.id for m in pending if not m.attempts]] if pending else []
        )


async def drain(store: Store, model: Model) -> None:
    """Deliver everything that is left, so that nothing out of order stays hidden."""
    while any(m.state == "pending" for m in model.messages):
        model.now += 100
        for receiver in ("ops", "mail"):
            heads = model.may_go(receiver)
            assert set(await claimed(store, at=model.now, limit=1000, receiver=receiver)) == {
                m.id for m in heads
            }
            for message in heads:
                message.attempts += 1
                await settle(store, model, message, "deliver")
    await compare(store, model)


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if not kind.durable], ids=lambda kind: kind.name
)
@settings(max_examples=examples(150), deadline=None)
@given(steps=STEPS)
def test_the_outbox_behaves_like_its_model(
    kind: StoreKind, steps: list[tuple[str, str | int, int]]
) -> None:
    async def play() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with kind.open(Path(folder)) as store:
                model = Model()
                for what, subject, number in steps:
                    await step(store, model, what, subject, number)
                    await compare(store, model)
                await drain(store, model)

    asyncio.run(play())
