"""What is over is told as over by every integration: that it ended, why, and how its campaign
stands; nothing to act on."""

import html
import io
import json
from collections.abc import Awaitable, Callable, Mapping
from email import message_from_bytes
from email.policy import SMTP

import msgspec
import pytest

from monitor.domain.alerting.alert import ResolveReason
from monitor.domain.alerting.notification import Notification, NotifyReason
from monitor.domain.routing.fallback import stand_in
from monitor.notify import INTEGRATIONS, Context
from tests.clock import FakeClock
from tests.contract.mailserver import mail_server, mailer
from tests.contract.receivers import OVER_HTTP, Reply, ScriptedReceiver, notifier_for, success
from tests.contract.test_apprise import json_url, told_through
from tests.unit.notify.builders import alert, campaign, detail, notification, resolved

RULE = {
    "summary": "Spring sale has been held as spam for 20 min",
    "description": "It will not be sent. Contact your manager at once.",
    "runbook_url": "https://runbooks.example/spam",
}
NOW_SENDING = campaign(status="sending", sent=5400, delivered=3834)
ENDINGS = {
    ResolveReason.CONDITION: "Spring sale: LowDelivery is over, status is sending",
    ResolveReason.SETTLED: "Spring sale: LowDelivery ended: campaign settled",
    ResolveReason.VANISHED: "Spring sale: LowDelivery ended: campaign deleted at the provider",
    ResolveReason.LEFT_WINDOW: "Spring sale: LowDelivery ended: campaign is too old to be followed",
    ResolveReason.IGNORED: "Spring sale: LowDelivery ended: campaign is now ignored",
    ResolveReason.RULE_REMOVED: "Spring sale: LowDelivery ended: rule removed",
    ResolveReason.NOT_WATCHED: "Spring sale: LowDelivery ended: account or message type is no "
    "longer watched",
}


async def over_http(kind: str, told: Notification, options: dict[str, object] | None = None) -> str:
    """Every request that leads to, as text. A template sees what every template may use."""
    async with ScriptedReceiver().serving() as receiver:
        receiver.replies = [Reply(body=success(kind))]
        chosen = None if options is None else {"url": receiver.url, **options}
        async with notifier_for(kind, receiver.url, FakeClock(), options=chosen) as notifier:
            await notifier.send(told)
        return "\n".join(
            json.dumps(json.loads(request.body), ensure_ascii=False)
            for request in receiver.requests
        )


async def by_template(told: Notification) -> str:
    texts = (
        "headline",
        "annotations.summary",
        "annotations.description",
        "annotations.runbook_url",
        "figures",
        "why",
    )
    each = ' ~ " " ~ '.join(f"alert.{text}" for text in texts)
    body = (
        '{"text": {{ (title ~ " " ~ commonAnnotations.summary) | tojson }}, "alerts": [{% for '
        "alert in alerts %}"
        f'{{{{ ({each}) | tojson }}}}{{{{ "" if loop.last else "," }}}}{{% endfor %}}]}}'
    )
    return await over_http("webhook", told, {"body": body})


async def by_mail(told: Notification) -> str:
    async with mail_server() as server, mailer(server.port) as notifier:
        await notifier.send(told)
    read = message_from_bytes(server.mails[0][2], policy=SMTP)
    return "\n".join(
        [read["Subject"], *(html.unescape(part.get_content()) for part in read.iter_parts())]
    )


async def on_the_console(told: Notification) -> str:
    integration = INTEGRATIONS["console"]
    stream = io.StringIO()
    context = Context(
        session=None, clock=FakeClock(), console=stream, external_url="https://m.example"
    )
    await integration.build("ops", integration.options.model_validate({}), context).send(told)
    return stream.getvalue()


async def by_apprise(told: Notification) -> str:
    async with (
        ScriptedReceiver().serving() as receiver,
        told_through(json_url(receiver)) as notifier,
    ):
        await notifier.send(told)
        return json.dumps(json.loads(receiver.requests[0].body), ensure_ascii=False)


def http(kind: str) -> Callable[[Notification], Awaitable[str]]:
    return lambda told: over_http(kind, told)


EVERY: Mapping[str, Callable[[Notification], Awaitable[str]]] = {
    **{kind: http(kind) for kind in OVER_HTTP},
    "webhook with a template": by_template,
    "email": by_mail,
    "console": on_the_console,
    "apprise": by_apprise,
}


def test_no_integration_is_left_out() -> None:
    assert {kind.partition(" ")[0] for kind in EVERY} == set(INTEGRATIONS)
    assert set(ENDINGS) == set(ResolveReason)


def plain(text: str) -> str:
    """Without what services escape."""
    return text.replace("\\", "").replace("ˍ", "_").replace("&amp;", "&")


@pytest.mark.parametrize("kind", sorted(EVERY))
@pytest.mark.parametrize("reason", ResolveReason)
async def test_what_is_over_is_told_with_its_end_and_nothing_to_act_on(
    kind: str, reason: ResolveReason
) -> None:
    ended = resolved(
        annotations=RULE, resolve_reason=reason.value, campaign=NOW_SENDING, detail=detail()
    )
    said = plain(await EVERY[kind](notification(ended, reason=NotifyReason.RESOLVED)))
    for gone in ("held as spam", "Contact", "runbooks.example", "not RCS-capable"):
        if gone == "not RCS-capable" and kind == "webhook":
            continue  # the figures of the campaign's last detail, as data
        assert gone not in said, said
    if kind == "pagerduty":  # a resolve has no text
        assert '"event_action": "resolve"' in said
        return
    assert ENDINGS[reason] in said
    if kind not in (
        "alertmanager",
        "webhook",
    ):  # they have no words for figures; the latter has the numbers
        assert "3,834 of 5,400 delivered" in said


@pytest.mark.parametrize("kind", sorted(EVERY))
async def test_what_goes_on_beside_what_is_over_keeps_its_words(kind: str) -> None:
    going_on = alert(2, annotations=RULE | {"summary": "Spring sale stands still"})
    ended = resolved(annotations=RULE, campaign=NOW_SENDING)
    said = plain(await EVERY[kind](notification(going_on, ended)))
    for told in ("stands still", "Contact your manager at once", "runbooks.example"):
        assert told in said
    assert "held as spam" not in said


@pytest.mark.parametrize("kind", sorted(EVERY))
async def test_what_is_frozen_says_since_when(kind: str) -> None:
    since = "sent not readable since 2026-03-02 09:00 UTC, so this is as it was then."
    for texts in (RULE, {"summary": RULE["summary"]}):
        told = msgspec.structs.replace(alert(annotations=texts), note=since)
        for message in (notification(told), notification(told, alert(2))):
            assert since in plain(await EVERY[kind](message)).replace("․", ".")


@pytest.mark.parametrize("kind", sorted(set(EVERY) - {"pagerduty"}))
async def test_the_end_told_in_anothers_place_says_whose(kind: str) -> None:
    ended = resolved(annotations=RULE, campaign=NOW_SENDING)
    said = plain(await EVERY[kind](stand_in(notification(ended), "pager")))
    assert "In place of ops, which could not be reached." in said.replace("․", ".")
    assert "Contact" not in said


@pytest.mark.parametrize(
    ("labels", "headline"),
    [
        ({"alertname": "ApiDown", "account": "default"}, "Account default: ApiDown is over"),
        (
            {"alertname": "SenderLow", "account": "a", "sender": "FitClub"},
            "Sender FitClub: SenderLow is over",
        ),
        (
            {"alertname": "ReceiverFailing", "receiver": "ops"},
            "Receiver ops: ReceiverFailing is over",
        ),
    ],
)
async def test_what_is_about_no_campaign_names_its_subject(
    labels: dict[str, str], headline: str
) -> None:
    ended = resolved(labels=labels, annotations={"summary": "No answer for 5 min"}, campaign=None)
    said = await on_the_console(notification(ended))
    assert headline in said
    assert "No answer" not in said
