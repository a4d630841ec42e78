"""Why a rule fires or does not: over the real store in memory, with rules from a file's text."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import msgspec
import pytest

from monitor.domain.alerting.alert import Acknowledgement
from monitor.domain.alerting.evaluation import RuleSet
from monitor.domain.campaign.account import Balance
from monitor.domain.campaign.event import CampaignEvent, Change, EventKind
from monitor.domain.campaign.feed import Feed, FeedState, SweepOutcome
from monitor.domain.campaign.sample import Sample
from monitor.domain.routing.matcher import parse_matchers
from monitor.domain.routing.silence import Silence
from monitor.explain import Explanation, Standing
from monitor.ports import CycleCommit
from monitor.store import SqliteStore
from tests.unit.desk import Desk
from tests.unit.domain.builders import a_campaign, tracked
from tests.unit.scene import LATE, NOW, RULES, SMS, START, Scene


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with SqliteStore(None) as store:
        yield Scene(store)


def words(explained: Explanation) -> list[str]:
    lack = explained.lack
    return (
        [] if lack is None else [lack.words] if lack.part else [each.words for each in lack.below]
    )


# --- state rules ----------------------------------------------------------------------------------


async def test_a_condition_that_does_not_hold_says_what_is_missing_and_when_time_alone_makes_it_hold(
    scene: Scene,
) -> None:
    await scene.know(LATE)
    found = await scene.explain("Late", "7")
    assert (found.standing, words(found)) == (
        Standing.INACTIVE,
        ["start_delay is 8 min, needs > 10 min"],
    )
    assert found.holds_from == START + timedelta(minutes=2, seconds=1)
    assert (found.as_of, found.obstacles, found.alert) == (START, (), None)


async def test_an_alert_goes_through_every_standing_as_the_engine_decides(scene: Scene) -> None:
    def later(minutes: float) -> None:
        scene.now = START + timedelta(minutes=minutes)

    async def standing() -> tuple[Standing, datetime | None]:
        found = await scene.explain("Late", "7")
        return found.standing, found.changes_at

    started = msgspec.structs.replace(
        LATE, campaign=msgspec.structs.replace(LATE.campaign, status="sending")
    )
    await scene.know(LATE)
    later(3)
    assert await standing() == (Standing.DUE, START + timedelta(minutes=8))
    await scene.evaluate(LATE)
    assert await standing() == (Standing.PENDING, START + timedelta(minutes=8))
    await scene.know(started)
    assert await standing() == (Standing.LAPSING, None)
    await scene.know(LATE)
    later(9)
    await scene.evaluate(LATE)
    assert await standing() == (Standing.FIRING, None)
    await scene.know(started)
    later(10)
    assert await standing() == (Standing.ENDING, START + timedelta(minutes=25))
    await scene.evaluate(started)
    later(12)
    assert await standing() == (Standing.ENDING, START + timedelta(minutes=25))
    later(25)
    await scene.evaluate(started)
    assert await standing() == (Standing.INACTIVE, None)
    found = await scene.explain("Late", "7")
    assert found.alert is not None
    assert found.alert.resolved_at == scene.now


async def test_what_the_condition_asks_of_the_past_comes_from_recorded_samples(
    scene: Scene,
) -> None:
    row = tracked(a_campaign(8, sent=100), first_seen=NOW - 3_600)
    for at, sent in ((-1_800, 40), (-60, 100)):
        sample = Sample(at=NOW + at, status="sending", sent=sent)
        await scene.store.commit_cycle(
            CycleCommit(account="default", campaigns=[row], samples={8: sample})
        )
    await scene.know(row)
    found = await scene.explain("Slow", "8")
    assert words(found) == ['increase(sent, "10m") is 60, needs < 5']
    assert found.holds_from == START + timedelta(minutes=9)  # ten minutes after the last sample


async def test_quiet_hours_are_those_of_the_time_and_their_end_is_foreseen(scene: Scene) -> None:
    scene.now = START.replace(hour=6)
    await scene.know(tracked(a_campaign(9, status="paused")))
    found = await scene.explain("Quiet", "9")
    assert (words(found), found.holds_from) == (
        ["in_quiet_hours is true, needs to be false"],
        START.replace(hour=8),
    )


async def test_baselines_are_worked_out_from_what_is_in_the_store(scene: Scene) -> None:
    week = 7 * 86_400
    old = [
        tracked(
            a_campaign(id_, created_at=NOW - week * id_, status="done", sent=100, delivered=95),
            settled=True,
        )
        for id_ in (1, 2, 3)
    ]
    await scene.know(*old, tracked(a_campaign(20, created_at=NOW, sent=100, delivered=50)))
    assert (await scene.explain("Odd", "20")).standing is Standing.DUE


async def test_a_campaign_that_is_no_longer_watched_says_so(scene: Scene) -> None:
    await scene.know(
        tracked(a_campaign(10, status="scheduled", start_at=NOW - 3_600), settled=True),
        tracked(a_campaign(11, message_type="whatsapp", status="scheduled", start_at=NOW - 3_600)),
    )
    settled = await scene.explain("Late", "10")
    assert (settled.standing, settled.obstacles) == (
        Standing.UNASKED,
        ("the campaign ended more than 72 hours ago: only event rules look at it",),
    )
    assert settled.condition is not None  # what it comes to is shown all the same
    assert settled.condition.holds
    assert (await scene.explain("Late", "11")).obstacles == (
        "whatsapp campaigns of account default are not polled",
    )


async def test_polls_that_fail_and_details_that_are_missing_are_noted(scene: Scene) -> None:
    await scene.know(tracked(a_campaign(12)))
    state = FeedState(feed=SMS, first_tried=START, last_success=START)
    for _ in range(2):
        state = state.after(SweepOutcome.FAILED, started=START, full=False)
    await scene.store.commit_cycle(CycleCommit(account="default", feed=state))
    scene.now += timedelta(minutes=3)
    found = await scene.explain("Detailed", "12")
    assert found.obstacles == (
        (
            "2 polls in a row failed: nothing is decided until one succeeds, and this is what was "
            "known 3 min ago"
        ),
        (
            "the campaign is read in detail once the rest of the condition holds: its detail here is "
            "old or missing"
        ),
    )


async def test_an_alert_of_a_rule_that_is_gone_is_found_by_its_id(scene: Scene) -> None:
    scene.now += timedelta(minutes=10)
    (alert,) = await scene.evaluate(LATE)
    gone = Scene(scene.store, RULES.replace("alert: Late", "alert: Later"))
    gone.now = scene.now
    found = await gone.explain(alert.id[:16])
    assert (found.rule, found.rule_name, found.standing) == (None, "Late", Standing.PENDING)
    assert found.obstacles == (
        "the rule is not in the rules file any more, or is another one now: nothing asks it",
    )


# --- event rules ----------------------------------------------------------------------------------


def changed(id_: str, minutes: float, old: str, new: str) -> CampaignEvent:
    return CampaignEvent(
        id=id_,
        kind=EventKind.STATUS_CHANGED,
        at=NOW + 60 * minutes,
        campaign=a_campaign(7, status=new),
        changes=(Change("status", old, new),),
    )


async def test_an_event_rule_shows_its_last_events_and_which_of_them_were_told(
    scene: Scene,
) -> None:
    row = tracked(a_campaign(7, status="stopped"))
    events = [changed("e1", -20, "scheduled", "sending"), changed("e2", -10, "sending", "stopped")]
    evaluation = RuleSet(scene.rules.rules).begin("default", START, {})
    evaluation.events([(event, row) for event in events])
    await scene.know(row, events=events, alerts=evaluation.finish().alerts)

    found = await scene.explain("Stopped", "7")

    assert found.standing is Standing.EVENT
    assert [
        (each.event.id, each.told, each.part.holds if each.part else None) for each in found.events
    ] == [
        ("e2", True, True),
        ("e1", False, False),
    ]
    assert (await scene.explain("Edited", "7")).events == ()


async def test_the_events_of_a_campaign_that_is_gone_are_still_shown(scene: Scene) -> None:
    await scene.know(events=[changed("e2", -10, "sending", "stopped")])
    found = await scene.explain("Stopped", "7")
    assert [(each.event.id, each.told, each.part) for each in found.events] == [("e2", False, None)]
    assert found.obstacles == (
        "the monitor does not follow the campaign any more (it vanished, is too old or is ignored)",
    )


# --- other scopes ---------------------------------------------------------------------------------


async def test_senders_accounts_and_receivers_are_explained(scene: Scene) -> None:
    rows = [tracked(a_campaign(id_, sent=100, delivered=70, created_at=NOW - 60)) for id_ in (1, 2)]
    await scene.know(*rows, balance=Balance(balance=40, credit=0, currency="EUR", read_at=START))
    sender = await scene.explain("SenderLow", "Shop")
    assert (sender.standing, sender.about.subject, sender.as_of) == (
        Standing.DUE,
        "sms:Shop",
        START,
    )
    assert (await scene.explain("Down")).standing is Standing.INACTIVE
    assert (await scene.explain("Poor", "default")).standing is Standing.DUE
    await scene.store.remember(
        "ops", "health", f"{(START - timedelta(minutes=10)).isoformat()} timeout", now=START
    )
    receiver = await scene.explain("Failing", "ops")
    assert (words(receiver), receiver.holds_from) == (
        ["failing_for is 10 min, needs > 15 min"],
        START + timedelta(minutes=5, seconds=1),
    )


async def test_a_sender_without_campaigns_in_its_time_and_frozen_accounts_say_so(
    scene: Scene,
) -> None:
    await scene.know(tracked(a_campaign(1, created_at=NOW - 3 * 86_400)))
    assert (await scene.explain("SenderLow", "Shop")).obstacles == (
        "no campaign of this sender began within 1 d",
    )
    state = FeedState(feed=SMS, first_tried=START, last_success=START).after(
        SweepOutcome.FAILED, started=START, full=False
    )
    await scene.store.commit_cycle(CycleCommit(account="default", feed=state))
    assert (await scene.explain("Poor")).obstacles == (
        "while polls fail the rule is not asked: what it is about is frozen",
    )
    down = await scene.explain("Down")
    assert (down.standing, down.obstacles) == (Standing.DUE, ())


# --- who is told ----------------------------------------------------------------------------------


async def test_who_is_told_and_what_keeps_them_from_it(scene: Scene) -> None:
    scene.now += timedelta(minutes=10)
    await scene.evaluate(LATE)
    scene.now += timedelta(minutes=5)
    (alert,) = await scene.evaluate(LATE)
    await scene.store.acknowledge([Acknowledgement(alert_id=alert.id, author="anna", at=scene.now)])
    made = {"starts_at": scene.now, "created_at": scene.now, "author": "ben"}
    await scene.store.add_silence(Silence(id="s1", matchers=parse_matchers("sender=Shop"), **made))
    await scene.store.add_silence(Silence(id="s2", matchers=parse_matchers("sender=Other"), **made))
    found = await scene.explain("Late", "7")
    assert found.telling.acknowledged is not None
    assert found.telling.acknowledged.author == "anna"
    assert [silence.id for silence in found.telling.silences] == ["s1"]
    assert [(each.receiver, each.told) for each in found.telling.destinations] == [("desk", None)]
    assert found.telling.inhibited_by is None


async def test_an_alert_that_hides_it_is_named_also_before_it_fires(scene: Scene) -> None:
    await scene.know(LATE)
    desk = Desk(scene.store)
    down = await desk.fire("", rule="Down")
    found = await scene.explain("Late", "7")
    assert found.alert is None
    assert found.telling.inhibited_by is not None
    assert found.telling.inhibited_by.id == down.id


# --- what is meant --------------------------------------------------------------------------------


async def test_a_campaign_is_found_by_id_or_by_a_part_of_its_name(scene: Scene) -> None:
    await scene.know(
        LATE, tracked(a_campaign(8, name="Spring sale 2")), tracked(a_campaign(9, name="Autumn 7"))
    )
    assert (
        await scene.explain("Late", "spring SALE")
    ).about.subject == "7"  # called so, and not merely with it in its name
    assert (await scene.explain("Late", "autumn")).about.subject == "9"
    assert (await scene.explain("Late", "7")).about.subject == "7"  # an id before a name
    said = await scene.refusal("Late", "spring")
    assert said.startswith("'spring' fits 2 campaigns: ")
    assert said.splitlines()[1:] == [
        '  7 "Spring sale" (sms, scheduled, account default)',
        '  8 "Spring sale 2" (sms, sending, account default)',
    ]
    assert "BSG_IGNORE" in await scene.refusal("Late", "winter")
    assert (await scene.refusal("Late")).startswith("rule Late is asked about a campaign: name one")


async def test_the_same_id_in_two_accounts_needs_the_account(scene: Scene) -> None:
    scene.feeds = (SMS, Feed("shop", "sms"))
    await scene.know(LATE)
    other = msgspec.structs.replace(LATE.campaign, account="shop")
    await scene.store.commit_cycle(CycleCommit(account="shop", campaigns=[tracked(other)]))
    assert (await scene.refusal("Late", "7")).startswith("'7' fits 2 campaigns: ")
    assert (await scene.explain("Late", "7", account="shop")).about.account == "shop"
    said = await scene.refusal("Late", "7", account="shop", message_type="rcs")
    assert said.startswith(
        "no campaign '7' of account shop and message type rcs is known; there is:\n  7 "
    )


async def test_what_is_nearly_right_is_suggested(scene: Scene) -> None:
    await scene.know(
        tracked(a_campaign(1, sender="FitClub")),
        tracked(a_campaign(2, sender="FitClub", message_type="rcs")),
    )
    assert (
        await scene.refusal("Lat", "7")
        == "there is no rule and no alert 'Lat' (did you mean \"Late\"?)"
    )
    assert (await scene.refusal("Nothing")).startswith(
        "there is no rule and no alert 'Nothing' (the rules are Late, "
    )
    assert (
        await scene.refusal("SenderLow")
        == "rule SenderLow is asked about a sender: name one (there is FitClub)"
    )
    assert (
        await scene.refusal("SenderLow", "FitClup")
        == "no sender 'FitClup' is known (did you mean \"FitClub\"?)"
    )
    assert await scene.refusal("SenderLow", "FitClub") == (
        "'FitClub' fits 2 senders: rcs:FitClub of account default, sms:FitClub of account default."
        " Say which with --type or --account"
    )
    assert (await scene.explain("SenderLow", "rcs:FitClub")).about.message_type == "rcs"
    assert (
        await scene.explain("SenderLow", "FitClub", message_type="sms")
    ).about.message_type == "sms"
    assert (
        await scene.refusal("Failing")
        == "rule Failing is asked about a receiver: name one (there is ops, desk)"
    )
    assert (
        await scene.refusal("Down", "defalt")
        == "'defalt' is not an account that is known (did you mean \"default\"?)"
    )


async def test_an_alert_of_any_state_is_found_by_the_beginning_of_its_id(scene: Scene) -> None:
    scene.now += timedelta(minutes=10)
    (pending,) = await scene.evaluate(LATE)
    assert (await scene.explain(pending.id)).standing is Standing.PENDING
    assert (await scene.explain(pending.id[:10], "spring")).about.subject == "7"
    assert (
        await scene.refusal(pending.id, "autumn")
    ) == f"the alert {pending.id} is about Spring sale, not about 'autumn'"
    assert "there is no rule and no alert" in await scene.refusal(pending.id[:3])
