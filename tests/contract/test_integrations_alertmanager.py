"""What Alertmanager's integration promises beyond the common suite: every peer, times, resends."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog

from monitor.domain.alerting.notification import NotifiedAlert
from monitor.errors import DeliveryError, DeliveryFault
from monitor.notify import Verifiable
from monitor.notify.alertmanager.notifier import AlertmanagerNotifier, AlertmanagerOptions
from monitor.ports import Notifier, Resending
from tests.clock import START, FakeClock
from tests.contract.receivers import NOTIFICATION, SECRET, Reply, ScriptedReceiver, notifier_for
from tests.unit.notify.builders import alert, event, notification, resolved

F = DeliveryFault
NOW = START
BUSY = Reply(status=503, headers={"Retry-After": "7"})


class Cluster:
    """Two peers and a notifier for both."""

    def __init__(
        self, peers: Sequence[ScriptedReceiver], notifier: Notifier, clock: FakeClock
    ) -> None:
        assert isinstance(notifier, AlertmanagerNotifier)
        assert isinstance(notifier, Resending)
        assert isinstance(notifier, Verifiable)
        self.one, self.two = peers
        self.notifier = notifier
        self.clock = clock

    def told(self, peer: ScriptedReceiver | None = None) -> list[dict[str, Any]]:
        """The alerts of the last request."""
        found: list[dict[str, Any]] = json.loads((peer or self.one).requests[-1].body)
        return found

    def forget(self) -> None:
        self.one.requests.clear()
        self.two.requests.clear()


@asynccontextmanager
async def clustered() -> AsyncIterator[Cluster]:
    clock = FakeClock()
    async with AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(ScriptedReceiver().serving()) for _ in range(2)]
        options = {"urls": [peer.url for peer in peers], "bearer": SECRET}
        yield Cluster(
            peers,
            await stack.enter_async_context(
                notifier_for("alertmanager", "", clock, options=options)
            ),
            clock,
        )


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    async with clustered() as built:
        yield built


def labelled(number: int, made: NotifiedAlert) -> NotifiedAlert:
    """With labels of its own, as alerts of different campaigns have."""
    return NotifiedAlert(
        **{name: getattr(made, name) for name in made.__struct_fields__}
        | {"labels": {"n": str(number)}}
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_every_peer_is_told_everything(cluster: Cluster) -> None:
    await cluster.notifier.send(notification())
    assert cluster.told(cluster.one) == cluster.told(cluster.two)
    (request,) = cluster.two.requests
    assert request.target.startswith(f"/hooks/{SECRET}/api/v2/alerts?token=")
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert cluster.told() == [
        {
            "labels": {
                "alertname": "LowDelivery",
                "account": "default",
                "severity": "critical",
                "campaign_id": "53651994",
            },
            "annotations": {
                "summary": "Spring sale: 71 % of 5400 delivered",
                "runbook_url": "https://runbooks.example/low?a=1&b=2",
            },
            "startsAt": "2026-03-02T08:58:00Z",
            "endsAt": "2026-03-02T09:04:00Z",
            "generatorURL": "https://m.example/alerts/a1",
        }
    ]


async def test_what_fires_is_believed_for_four_resends(cluster: Cluster) -> None:
    await cluster.notifier.send(notification())
    assert at(cluster.told()[0]["endsAt"]) - cluster.clock.now() == timedelta(
        seconds=4 * cluster.notifier.resend_interval
    )


async def test_a_fallbacks_alert_is_valid_for_a_day(cluster: Cluster) -> None:
    await cluster.notifier.send(notification(fallback_for=("ops",)))
    assert at(cluster.told()[0]["endsAt"]) - cluster.clock.now() == timedelta(hours=24)


async def test_what_is_over_ends_when_it_ended_and_never_before_it_began(cluster: Cluster) -> None:
    early = NOW - timedelta(hours=1)
    await cluster.notifier.send(
        notification(labelled(1, resolved(1)), labelled(2, resolved(2, ends_at=early)))
    )
    ends = {
        each["labels"]["n"]: (at(each["startsAt"]), at(each["endsAt"])) for each in cluster.told()
    }
    assert ends["1"][1] == NOW
    assert ends["2"][0] == ends["2"][1]


async def test_an_event_fires_for_a_while_under_its_own_labels(cluster: Cluster) -> None:
    await cluster.notifier.send(notification(event(1), event(2)))
    assert {each["labels"]["event_id"] for each in cluster.told()} == {"e1", "e2"}
    assert all(
        at(each["endsAt"]) == cluster.clock.now() + timedelta(minutes=5) for each in cluster.told()
    )


async def test_of_the_same_labels_only_what_fires_is_told(cluster: Cluster) -> None:
    await cluster.notifier.send(notification(resolved(1), alert(2, starts_at=NOW)))
    (told,) = cluster.told()
    assert at(told["endsAt"]) > NOW


async def test_one_peer_that_takes_it_is_enough_and_the_other_is_logged_once(
    cluster: Cluster,
) -> None:
    cluster.two.replies = [Reply(status=503)]
    with structlog.testing.capture_logs() as logs:
        await cluster.notifier.send(NOTIFICATION)
        await cluster.notifier.send(NOTIFICATION)
        cluster.two.replies = [Reply()]
        await cluster.notifier.send(NOTIFICATION)
    assert [each["event"] for each in logs] == [
        "alertmanager_peer_failed",
        "alertmanager_peer_recovered",
    ]
    assert SECRET not in str(logs)


@pytest.mark.parametrize(
    ("one", "two", "fault", "retryable", "wait"),
    [
        (
            Reply(status=400),
            Reply(status=503, headers={"Retry-After": "7"}),
            F.UNAVAILABLE,
            True,
            None,
        ),
        (
            Reply(status=429, headers={"Retry-After": "9"}),
            Reply(status=503, headers={"Retry-After": "7"}),
            F.RATE_LIMITED,
            True,
            7,
        ),
        (Reply(status=400), Reply(status=400), F.REJECTED, False, None),
        (Reply(status=503), Reply(status=413), F.TOO_LARGE, False, None),
    ],
)
async def test_that_none_took_it_is_one_decision(
    cluster: Cluster,
    one: Reply,
    two: Reply,
    fault: DeliveryFault,
    retryable: bool,
    wait: float | None,
) -> None:
    cluster.one.replies, cluster.two.replies = [one], [two]
    with pytest.raises(DeliveryError, match=r"none of 2 peers took it: 127\.0\.0\.1:") as failed:
        await cluster.notifier.send(NOTIFICATION)
    error = failed.value
    assert (error.reason, error.retryable, error.retry_after) == (fault, retryable, wait)
    assert SECRET not in str(error)


async def test_a_resend_moves_the_end_and_keeps_the_beginning(cluster: Cluster) -> None:
    await cluster.notifier.send(notification())
    first = cluster.told()[0]
    await cluster.clock.advance(60)
    await cluster.notifier.resend([alert()])
    second = cluster.told(cluster.two)[0]
    assert second["startsAt"] == first["startsAt"]
    assert at(second["endsAt"]) - at(first["endsAt"]) == timedelta(seconds=60)
    assert second["labels"] == first["labels"]


async def test_many_are_resent_in_several_requests(cluster: Cluster) -> None:
    await cluster.notifier.resend([labelled(n, alert(n)) for n in range(450)])
    assert [len(json.loads(request.body)) for request in cluster.one.requests] == [200, 200, 50]


async def test_nothing_to_resend_makes_no_request(cluster: Cluster) -> None:
    await cluster.notifier.resend([])
    assert cluster.one.requests == []


async def test_what_is_over_is_resent_for_five_minutes(cluster: Cluster) -> None:
    await cluster.notifier.send(notification(resolved()))
    cluster.forget()
    await cluster.clock.advance(299)
    await cluster.notifier.resend([])
    assert at(cluster.told()[0]["endsAt"]) == NOW
    cluster.forget()
    await cluster.clock.advance(2)
    await cluster.notifier.resend([])
    assert cluster.one.requests == []


async def test_what_was_called_over_is_not_called_firing_by_a_list_gathered_before(
    cluster: Cluster,
) -> None:
    await cluster.notifier.send(notification(resolved()))
    cluster.forget()
    await cluster.notifier.resend([alert()])
    (told,) = cluster.told()
    assert at(told["endsAt"]) == NOW
    assert len(cluster.one.requests) == 1


async def test_an_alert_that_fires_again_with_the_same_labels_is_not_ended_again(
    cluster: Cluster,
) -> None:
    await cluster.notifier.send(notification(resolved(1)))
    cluster.forget()
    await cluster.notifier.resend([alert(2)])
    (told,) = cluster.told()
    assert at(told["endsAt"]) > NOW
    cluster.forget()
    await cluster.notifier.resend([])
    assert cluster.one.requests == []


async def test_what_is_over_waits_for_a_resend_under_way(cluster: Cluster) -> None:
    cluster.one.replies = [Reply(hang=True)]
    async with asyncio.TaskGroup() as group:
        resending = group.create_task(cluster.notifier.resend([alert()]))
        await cluster.one.asked.wait()
        ending = group.create_task(cluster.notifier.send(notification(resolved())))
        other = group.create_task(cluster.notifier.send(notification(labelled(7, alert(7)))))
        while len(cluster.two.requests) < 2:
            await cluster.clock.settle()
        assert not ending.done()
        assert not any(
            at(each["endsAt"]) == NOW
            for request in cluster.two.requests
            for each in json.loads(request.body)
        )
        for task in (resending, ending, other):
            task.cancel()


async def test_every_peer_is_verified_with_an_empty_list(cluster: Cluster) -> None:
    await cluster.notifier.verify()
    assert cluster.two.requests[0].body == b"[]"
    cluster.two.replies = [Reply(status=401)]
    with pytest.raises(DeliveryError):
        await cluster.notifier.verify()


def test_several_addresses_may_stand_in_one_text() -> None:
    options = AlertmanagerOptions.model_validate(
        {"urls": "http://a:9093, http://b:9093\nhttp://c:9093"}
    )
    assert [url.get_secret_value() for url in options.urls] == [
        "http://a:9093",
        "http://b:9093",
        "http://c:9093",
    ]
    assert options.in_clear()
    assert not options.carries_secret()
    assert not AlertmanagerOptions.model_validate(
        {"urls": "https://a http://127.0.0.1:1"}
    ).in_clear()


@pytest.mark.parametrize(
    "wrong",
    [
        {"urls": []},
        {"urls": ["http://a", "http://a/"]},
        {"urls": ["a:9093"]},
        {"urls": "https://u:p@a", "bearer": SECRET},
        {"urls": "https://a", "bearer": SECRET, "basic": {"username": "u", "password": SECRET}},
    ],
)
def test_wrong_options_are_refused_without_being_quoted(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError) as error:
        AlertmanagerOptions.model_validate(wrong)
    assert SECRET not in str(error.value)
