"""Notifications to say and to send, plain ones by hand and odd ones by hypothesis."""

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import strategies as st

from monitor.domain.alerting.notification import Notification, NotifiedAlert, NotifyReason
from monitor.domain.campaign.detail import CampaignDetail, Split
from monitor.domain.campaign.snapshot import Campaign

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def campaign(**changes: object) -> Campaign:
    plain = Campaign(
        account="default",
        id=53651994,
        name="Spring sale",
        sender="ShopAgent",
        status="sending",
        message_type="rcs",
        created_at=NOW.timestamp() - 7200,
        start_at=NOW.timestamp() - 3600,
        real_start_at=NOW.timestamp() - 3590.5,
        sent=5400,
        delivered=3834,
        fallback_sent=70,
        fallback_delivered=61,
        calculated_price=12.5,
        currency="EUR",
    )
    return msgspec.structs.replace(plain, **changes)


def detail(**changes: object) -> CampaignDetail:
    plain = CampaignDetail(
        read_at=NOW.timestamp() - 60.5,
        total_messages=9000,
        total_phones=8999,
        total_price=54.0,
        currency="EUR",
        delivered=3000,
        read=348,
        not_rcs_user=2052,
        expired=486,
        failed=162,
        fallback=Split(delivered=61, expired=9),
    )
    return msgspec.structs.replace(plain, **changes)


def alert(number: int = 1, *, severity: str = "critical", **changes: object) -> NotifiedAlert:
    plain = NotifiedAlert(
        id=f"a{number}",
        fingerprint=f"{number:016x}",
        status="firing",
        labels={
            "alertname": "LowDelivery",
            "account": "default",
            "severity": severity,
            "campaign_id": "53651994",
        },
        annotations={
            "summary": "Spring sale: 71 % of 5400 delivered",
            "runbook_url": "https://runbooks.example/low?a=1&b=2",
        },
        active_since=NOW - timedelta(minutes=12),
        starts_at=NOW - timedelta(minutes=2),
        campaign=campaign(),
    )
    return msgspec.structs.replace(plain, **changes)


def resolved(number: int = 1, **changes: object) -> NotifiedAlert:
    return alert(
        number, **({"status": "resolved", "ends_at": NOW, "resolve_reason": "condition"} | changes)
    )


def event(number: int = 1, **changes: object) -> NotifiedAlert:
    return alert(
        number, **({"event_id": f"e{number}", "ends_at": NOW - timedelta(minutes=2)} | changes)
    )


def notification(*alerts: NotifiedAlert, **changes: object) -> Notification:
    plain = Notification(
        id="ntf_01",
        receiver="ops",
        group_key="ops:0123456789abcdef",
        group_labels={"alertname": "LowDelivery", "account": "default"},
        reason=NotifyReason.FIRING,
        alerts=alerts or (alert(),),
        created_at=NOW,
    )
    return msgspec.structs.replace(plain, **changes)


NASTY = st.sampled_from(
    [
        "<!channel>",
        "<!here|here>",
        "<@U012AB3CD>",
        "<https://evil.example|click>",
        "&lt;!channel&gt;",
        "*bold* _it_ ~no~ `code` ```block```",
        "line\nbreak\r\n> quote\x00\x1b[31mred\x7f",
        "\u202eright to left\u202c \u2066iso\u2069 \u200b\ufeff",
        "حملة الربيع",
        "מבצע אביב",
        "🎉👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿" * 30,
        "x" * 10_000,
        "&" * 10_000,
        "<" * 3_000,
        "e" + "\u0301" * 500,
        "\u2028para\u2029",
        "",
        "   ",
    ]
)
TEXT = st.one_of(NASTY, st.text(max_size=60), st.lists(NASTY, min_size=2, max_size=3).map(" ".join))
COUNTER = st.one_of(st.none(), st.integers(0, 10**9))


@st.composite
def campaigns(draw: st.DrawFn) -> Campaign:
    return campaign(
        name=draw(TEXT),
        sender=draw(TEXT),
        status=draw(st.one_of(st.sampled_from(["sending", "done", "paused"]), TEXT)),
        message_type=draw(st.sampled_from(["sms", "rcs", "<!here>"])),
        sent=draw(COUNTER),
        delivered=draw(COUNTER),
        fallback_sent=draw(COUNTER),
        fallback_delivered=draw(COUNTER),
        calculated_price=draw(st.one_of(st.none(), st.floats(0, 1e12))),
        currency=draw(st.one_of(st.none(), TEXT)),
    )


@st.composite
def alerts(draw: st.DrawFn, number: int) -> NotifiedAlert:
    what = draw(st.sampled_from([alert, alert, resolved, event]))
    about = draw(st.one_of(st.none(), campaigns(), campaigns()))
    labels = {
        "alertname": draw(TEXT),
        "severity": draw(st.sampled_from(["critical", "error", "warning", "info", "<!here>", ""])),
    }
    annotations = {
        "summary": draw(TEXT) if about is None else about.name + draw(TEXT),
        "description": draw(TEXT),
    }
    if draw(st.booleans()):
        annotations["runbook_url"] = "https://runbooks.example/" + draw(TEXT)
    return what(
        number,
        labels=labels,
        annotations=annotations,
        changed=draw(st.booleans()),
        campaign=about,
        detail=None
        if about is None
        else draw(st.sampled_from([None, detail(), detail(not_rcs_user=None, failed=None)])),
        active_since=NOW - timedelta(seconds=draw(st.integers(0, 10**7))),
    )


@st.composite
def notifications(draw: st.DrawFn, most: int = 6) -> Notification:
    """Up to 200 alerts, made by repeating up to `most` drawn ones."""
    drawn = [draw(alerts(number)) for number in range(draw(st.integers(1, most)))]
    total = draw(st.one_of(st.just(len(drawn)), st.integers(len(drawn), 200)))
    told = tuple(msgspec.structs.replace(drawn[n % len(drawn)], id=f"a{n}") for n in range(total))
    parts = draw(st.integers(1, 3))
    return notification(
        *told,
        reason=draw(st.sampled_from(list(NotifyReason))),
        receiver=draw(st.sampled_from(["ops", "on-call"])),
        part=draw(st.integers(1, parts)),
        parts=parts,
    )
