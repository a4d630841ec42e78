"""Rules of scope sender: what they sum up, and whose alerts they are."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.alerting.alert import Alert, ResolveReason
from monitor.domain.alerting.rule import Rule, Scope
from monitor.domain.campaign.diff import observe
from monitor.domain.campaign.feed import Feed
from monitor.domain.campaign.figures import Settle, settled_sent, wilson_lower, wilson_upper
from monitor.domain.campaign.sender import SenderTally, SenderView, SenderWindow
from monitor.domain.campaign.snapshot import Unreadable
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.condition import ConditionError, compile_sender, field_values, parse_condition
from tests.clock import START
from tests.unit.domain.builders import DAY, HOUR, a_campaign, tracked
from tests.unit.domain.life import Life, rule

NOW = START.timestamp()


def sent_by(sender: str = "Shop", number: int = 1, **values: object) -> TrackedCampaign:
    ended = {"created_at": NOW - 2 * HOUR, "status": "done", "finished_at": NOW - HOUR}
    defaults: dict[str, object] = {**ended, "sent": 100, "delivered": 95}
    return tracked(
        a_campaign(number, sender=sender, **{**defaults, **values}), first_seen=NOW - 2 * HOUR
    )


def views(*rows: TrackedCampaign, window: SenderWindow | None = None) -> list[SenderView]:
    asked = window or SenderWindow()
    tally = SenderTally("default", [asked], START)
    tally.add(rows)
    return list(tally.views()[asked])


def sender_rule(
    name: str = "Bad", when: str = "delivery_ratio_upper < 0.9", **values: object
) -> Rule:
    return rule(
        name,
        when,
        scope=Scope.SENDER,
        summary="{{ sender }}: {{ settled_ratio | percent }}, {{ worst_campaigns }}",
        **values,
    )


class Senders(Life):
    def poll_senders(
        self, *rows: TrackedCampaign, minutes: float = 0, elsewhere: tuple[str, ...] = ()
    ) -> tuple[Alert, ...]:
        evaluation = self.begin(minutes=minutes)
        tally = SenderTally("default", self.rules.windows, self.now)
        tally.add(rows)
        evaluation.senders(tally.views(), elsewhere)
        return self.finish(evaluation).alerts


def test_campaigns_are_summed_by_sender_and_message_type() -> None:
    found = views(
        sent_by(number=1),
        sent_by(number=2, sent=50, delivered=10),
        sent_by("Other", number=3),
        sent_by(
            number=4, message_type="rcs", fallback_sent=30, fallback_delivered=20, delivered=60
        ),
    )
    assert [(view.message_type, view.sender, view.sums.campaigns) for view in found] == [
        ("rcs", "Shop", 1),
        ("sms", "Other", 1),
        ("sms", "Shop", 2),
    ]
    values = field_values("sender", found[2])
    assert (values["sent"], values["delivered"], values["campaigns"], values["campaigns_done"]) == (
        150,
        105,
        2,
        2,
    )
    assert values["delivery_ratio"] == pytest.approx(0.7)
    assert field_values("sender", found[0])["reach"] == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        ({"created_at": NOW - 30 * HOUR, "real_start_at": NOW - 23 * HOUR}, True),
        ({"created_at": NOW - 30 * HOUR, "real_start_at": NOW - 24.1 * HOUR}, False),
        ({"created_at": NOW - 23 * HOUR, "real_start_at": None}, True),
        ({"created_at": NOW - 25 * HOUR, "real_start_at": None}, False),
    ],
)
def test_a_campaign_counts_when_it_started_within_the_time_or_was_created_in_it(
    values: dict[str, object], counts: bool
) -> None:
    assert bool(views(sent_by(**values))) is counts


rows = st.lists(
    st.builds(
        lambda number, sent, delivered, ended: sent_by(
            number=number, sent=sent, delivered=delivered, finished_at=NOW - ended
        ),
        st.integers(1, 9),
        st.none() | st.integers(0, 300),
        st.none() | st.integers(0, 300),
        st.sampled_from([60.0, 1200.0, HOUR]),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda row: row.campaign.id,
)


@given(rows)
def test_what_is_settled_is_judged_campaign_by_campaign_and_bounded_over_all(
    found: list[TrackedCampaign],
) -> None:
    window = SenderWindow(DAY, Settle(900.0))
    (view,) = views(*found, window=window)
    known = [row for row in found if row.campaign.delivered is not None]
    judged = [
        (settled_sent(row, NOW, window.settle) or 0, row.campaign.delivered or 0) for row in known
    ]
    total, good = sum(sent for sent, _ in judged), sum(min(pair) for pair in judged)
    values = field_values("sender", view)
    assert (values["settled_sent"], values["settled_delivered"]) == (total, good)
    assert values["settled_ratio"] == (good / total if total else None)
    assert values["delivery_ratio_upper"] == (
        pytest.approx(wilson_upper(good, total)) if total else None
    )
    assert values["delivery_ratio_lower"] == (
        pytest.approx(wilson_lower(good, total)) if total else None
    )


COUNTERS = ("sent", "delivered", "fallback_sent", "fallback_delivered")


def partly_read(row: TrackedCampaign, *fields: str, known: bool = True) -> TrackedCampaign:
    """The campaign once these fields cannot be read any more, or never could be."""
    marks = tuple(Unreadable(field=name, found="?", since=NOW, known=known) for name in fields)
    nothing = {} if known else dict.fromkeys(fields, None)
    return msgspec.structs.replace(
        row,
        campaign=msgspec.structs.replace(row.campaign, **nothing),
        unreadable=marks,
    )


@given(
    st.lists(
        st.tuples(
            st.integers(0, 300),
            st.integers(0, 300),
            st.sets(st.sampled_from(COUNTERS)),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_sums_take_what_was_last_read_and_ratios_leave_out_what_cannot_be_read(
    found: list[tuple[int, int, set[str]]],
) -> None:
    (view,) = views(
        *(
            partly_read(
                sent_by(
                    number=number,
                    sent=sent,
                    delivered=delivered,
                    fallback_sent=delivered,
                    fallback_delivered=sent,
                ),
                *fields,
            )
            for number, (sent, delivered, fields) in enumerate(found, 1)
        )
    )
    values = field_values("sender", view)
    all_sent, all_delivered = sum(each[0] for each in found), sum(each[1] for each in found)
    assert [values[name] for name in COUNTERS] == [
        all_sent,
        all_delivered,
        all_delivered,
        all_sent,
    ]
    read = [each for each in found if not each[2] & {"sent", "delivered"}]
    sent, delivered = sum(each[0] for each in read), sum(each[1] for each in read)
    arrived = sum(min(each[0], each[1]) for each in read)
    assert values["delivery_ratio"] == (delivered / sent if sent else None)
    assert values["reach"] == ((delivered + sent) / sent if sent else None)
    assert (values["settled_sent"], values["settled_delivered"]) == (sent, arrived)
    fallback = [each for each in found if not each[2] & {"fallback_sent", "fallback_delivered"}]
    tried, came = sum(each[1] for each in fallback), sum(each[0] for each in fallback)
    assert values["fallback_ratio"] == (came / tried if tried else None)
    assert view.unreadable is (10 * (all_sent - sent) > all_sent)


def test_a_campaign_whose_sent_was_never_read_counts_as_large_as_the_others() -> None:
    known = [sent_by(number=number) for number in range(1, 11)]
    never = [partly_read(sent_by(number=number), "sent", known=False) for number in (11, 12)]
    assert [view.unreadable for view in views(*known, never[0])] == [False]
    assert [view.unreadable for view in views(*known, *never)] == [True]
    assert [view.unreadable for view in views(never[0])] == [True]


def test_what_was_unreadable_while_it_settled_is_not_judged() -> None:
    mark = Unreadable(field="sent", found="?", since=NOW - 600, until=NOW - 300)
    sending = sent_by(status="sending", finished_at=None)
    for since, judged in ((0.0, 0), (700.0, 100)):
        later = msgspec.structs.replace(mark, until=NOW - 300 - since)
        (view,) = views(msgspec.structs.replace(sending, unreadable=(later,)))
        assert field_values("sender", view)["settled_sent"] == judged


def test_a_campaign_whose_sender_was_never_read_is_in_no_sum() -> None:
    known, never = sent_by(number=1), sent_by("", number=2)
    (view,) = views(partly_read(known, "sender"), never)[1:]
    assert (view.sender, view.sums.campaigns) == ("Shop", 1)
    mark = Unreadable(field="sender", found="[]", since=NOW, known=False)
    assert [
        found.sender for found in views(known, msgspec.structs.replace(never, unreadable=(mark,)))
    ] == ["Shop"]


def test_the_alert_of_a_sender_of_whom_too_little_is_read_stays_and_says_since_when() -> None:
    life = Senders(sender_rule())
    (fired,) = life.poll_senders(sent_by(delivered=10))
    unread = partly_read(sent_by(delivered=95), "delivered")
    (frozen,) = life.poll_senders(unread, minutes=1)
    since = f"{life.now:%Y-%m-%d %H:%M} UTC"
    assert frozen == msgspec.structs.replace(
        fired,
        frozen="sent or delivered of more than 10 % of the messages not readable since "
        f"{since}, so this is as it was then.",
    )
    assert life.poll_senders(unread, minutes=5) == ()
    (ended,) = life.poll_senders(sent_by(delivered=95), minutes=1)
    assert (ended.resolve_reason, ended.frozen) == (ResolveReason.CONDITION, "")


def test_a_sender_of_whom_too_little_is_read_fires_nothing() -> None:
    life = Senders(sender_rule())
    assert life.poll_senders(partly_read(sent_by(delivered=10), "sent")) == ()
    few = [sent_by(number=number, delivered=10) for number in range(1, 11)]
    assert life.poll_senders(*few, partly_read(sent_by(number=11), "sent"))


def test_campaigns_of_which_no_report_is_told_do_not_spoil_what_can_be_judged() -> None:
    (view,) = views(
        sent_by(number=1, delivered=95), sent_by(number=2, name="silent", delivered=None)
    )
    values = field_values("sender", view)
    assert (
        values["campaigns"],
        values["sent"],
        values["settled_sent"],
        values["settled_delivered"],
    ) == (2, 200, 100, 95)
    assert "silent" not in view.worst_campaigns


def test_what_the_provider_took_back_is_not_judged() -> None:
    sending = {"status": "sending", "finished_at": None, "delivered": 480}
    corrected = sent_by(sent=500, **sending).campaign
    row, _ = observe(sent_by(sent=1000, **sending), corrected, now=NOW - 60)
    (view,) = views(row)
    for values in (field_values("sender", view), field_values("campaign", row, NOW)):
        assert (values["settled_sent"], values["settled_ratio"]) == (500, 480 / 500)


def test_the_worst_campaigns_are_named_with_their_ratio() -> None:
    (view,) = views(
        sent_by(number=1, name="fine"),
        sent_by(number=2, name="poor", delivered=61),
        sent_by(number=3, name="worst", delivered=10),
        sent_by(number=4, name="bad", delivered=50),
        sent_by(number=5, name="nothing yet", sent=0, delivered=0),
    )
    assert view.worst_campaigns == "worst (10 % of 100), bad (50 % of 100), poor (61 % of 100)"
    assert field_values("sender", view)["median_ratio"] == pytest.approx((0.5 + 0.61) / 2)
    assert views(sent_by(sent=0))[0].median_ratio is None


def test_the_worst_campaigns_can_be_read_whatever_they_are_called() -> None:
    (view,) = views(
        sent_by(number=1, name="Win-back 3", sent=4000, delivered=1000),
        sent_by(number=2, name="", delivered=30),
        sent_by(number=3, name="word " * 60, delivered=40),
    )
    cut = " ".join(["word"] * 12)
    assert (
        view.worst_campaigns
        == f"Win-back 3 (25 % of 4,000), campaign 2 (30 % of 100), {cut}… (40 % of 100)"
    )


def test_a_sender_alert_has_the_labels_of_a_campaign_alert_without_the_campaign() -> None:
    life = Senders(sender_rule(labels={"team": "x"}))
    (fired,) = life.poll_senders(sent_by(delivered=50), sent_by("Other", number=2))
    assert fired.labels == {
        "alertname": "Bad", "account": "default", "sender": "Shop", "message_type": "sms", "severity": "warning", "team": "x",
    }  # fmt: skip
    assert fired.annotations["summary"] == "Shop: 50.0 %, Spring sale (50 % of 100)"
    (resolved,) = life.poll_senders(sent_by(), minutes=1)
    assert resolved.resolve_reason is ResolveReason.CONDITION


def test_a_sender_without_campaigns_in_the_window_fulfils_nothing_any_more() -> None:
    life = Senders(sender_rule())
    life.poll_senders(sent_by(delivered=50))
    assert life.poll_senders(minutes=1, elsewhere=("sms",)) == (), "another feed says nothing of it"
    (resolved,) = life.poll_senders(minutes=1)
    assert resolved.resolve_reason is ResolveReason.CONDITION


def test_each_rule_has_its_own_window() -> None:
    life = Senders(sender_rule("Day"), sender_rule("Hours", over=timedelta(hours=1)))
    life.poll_senders(sent_by(delivered=50))
    assert [key.rule for key in life.active] == ["Day"]


def test_alerts_of_a_sender_end_with_their_rule_or_their_feed() -> None:
    life = Senders(sender_rule())
    life.poll_senders(sent_by(delivered=50))
    alerts = list(life.active.values())
    assert life.rules.orphans(alerts, START, feeds=[Feed("default", "sms")]).alerts == ()
    (ended,) = life.rules.orphans(alerts, START, feeds=[Feed("default", "rcs")]).alerts
    assert ended.resolve_reason is ResolveReason.NOT_WATCHED
    (ended,) = (
        Life(rule("Bad", "sent > 1"))
        .rules.orphans(alerts, START, feeds=[Feed("default", "sms")])
        .alerts
    )
    assert ended.resolve_reason is ResolveReason.RULE_REMOVED


@pytest.mark.parametrize(
    "text",
    ['ago(sent, "10m") > 1', 'baseline(sent, "28d") > 1', "name == 'a'", "status_age > '1h'"],
)
def test_a_sender_has_no_past_and_no_fields_of_a_campaign(text: str) -> None:
    with pytest.raises(ConditionError):
        parse_condition(text, scope="sender")


def test_a_condition_on_a_sender_is_compiled() -> None:
    test = compile_sender(
        parse_condition(
            "campaigns_done >= 1 and delivery_ratio < 0.96 and sender == 'Shop'", scope="sender"
        )
    )
    (view,) = views(sent_by())
    assert test(view)
