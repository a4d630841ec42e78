"""Messages to try a template on: they hold what is easily forgotten."""

from datetime import UTC, datetime, timedelta

from monitor.domain.alerting.notification import Notification, NotifiedAlert, NotifyReason
from monitor.domain.campaign.detail import CampaignDetail, Split
from monitor.domain.campaign.snapshot import Campaign

_SAMPLE_TIME = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_SAMPLE_TEXT = 'Spring "sale"\\ 50 % <b>\n\u2028off ☀'


def samples() -> list[tuple[str, Notification]]:
    """Each with what it is: quotes and line breaks in names, no campaign, counters that are not
    known, a campaign read in detail and one that was not, a resolve, an event."""
    campaign = Campaign(
        account="default", id=53651994, name=_SAMPLE_TEXT, sender=_SAMPLE_TEXT, status="sending",
        message_type="rcs",
        created_at=_SAMPLE_TIME.timestamp(), start_at=_SAMPLE_TIME.timestamp(), sent=5400,
        delivered=3834, currency="EUR",
    )  # fmt: skip
    bare = Campaign(
        account="default",
        id=1,
        name="",
        sender="",
        status="moderation",
        message_type="sms",
        created_at=_SAMPLE_TIME.timestamp(),
    )
    detail = CampaignDetail(
        read_at=_SAMPLE_TIME.timestamp(), total_messages=9000, total_price=5.6, currency="EUR",
        delivered=3834, failed=1566,
        fallback=Split(delivered=10),
    )  # fmt: skip

    def sample(reason: NotifyReason, *alerts: NotifiedAlert, parts: int = 1) -> Notification:
        return Notification(
            id="msg_sample", receiver="ops", group_key="ops:0123456789abcdef",
            group_labels={"alertname": "Sample"},
            reason=reason, alerts=alerts, created_at=_SAMPLE_TIME, part=1, parts=parts,
        )  # fmt: skip

    def alert(
        about: Campaign | None,
        status: str = "firing",
        *,
        ends: datetime | None = None,
        event: str | None = None,
    ) -> NotifiedAlert:
        return NotifiedAlert(
            id="a1", fingerprint="0123456789abcdef", status=status, labels={"alertname": "Sample",
            "severity": "critical"},
            annotations={"summary": _SAMPLE_TEXT, "description": _SAMPLE_TEXT},
            active_since=_SAMPLE_TIME - timedelta(hours=1),
            starts_at=_SAMPLE_TIME, ends_at=ends, event_id=event, campaign=about,
            detail=detail if about is campaign else None,
        )  # fmt: skip

    resolved = alert(campaign, "resolved", ends=_SAMPLE_TIME)
    return [
        (
            "a sample message",
            sample(NotifyReason.FIRING, alert(campaign), alert(bare), resolved, parts=2),
        ),
        (
            "a sample message of an alert about no campaign",
            sample(NotifyReason.FIRING, alert(None)),
        ),
        ("a sample message of what resolved", sample(NotifyReason.RESOLVED, resolved)),
        (
            "a sample message of an event",
            sample(NotifyReason.EVENT, alert(campaign, ends=_SAMPLE_TIME, event="e1")),
        ),
        ("a test message", sample(NotifyReason.TEST, alert(None, ends=_SAMPLE_TIME, event="t1"))),
    ]
