"""Slack messages: readable, within every limit, nothing smuggled in, nothing dropped without a
word."""

import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from slack_sdk.models.attachments import BlockAttachment
from slack_sdk.models.blocks import Block

from monitor.domain.alerting.notification import Notification, NotifyReason
from monitor.notify.message import headline
from monitor.notify.slack.message import compose, escape
from tests.examples import examples
from tests.unit.notify.builders import alert, campaign, event, notification, notifications, resolved

URL = "https://monitor.example/bsg"
BEGINNING = "<!date^1772441280^{date_short_pretty} {time}|2026-03-02 08:48 UTC>"
END = "<!date^1772442000^{date_short_pretty} {time}|2026-03-02 09:00 UTC>"
RUNBOOK = "<https://runbooks.example/low?a=1&amp;b=2|Runbook>"
OURS = re.compile(
    r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|\d{4}-\d\d-\d\d \d\d:\d\d UTC>"
    r"|<https?://[^<>|\s]+\|(?:Open|Runbook|see all of them)>"
)


def blocks_of(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        *message["blocks"],
        *(block for attachment in message["attachments"] for block in attachment["blocks"]),
    ]


def texts_of(message: dict[str, Any]) -> list[str]:
    texts = [message["text"]]
    for block in blocks_of(message):
        texts += (
            [block["text"]["text"]]
            if "text" in block
            else [element["text"] for element in block["elements"]]
        )
    return texts


def ids_linked(message: dict[str, Any]) -> list[str]:
    return re.findall(r"/alerts/(a\d+)\|Open>", "\n".join(texts_of(message)))


def left_out(message: dict[str, Any]) -> int:
    found = re.search(r"… and ([\d,]+) more", texts_of(message)[-1])
    return int(found.group(1).replace(",", "")) if found else 0


def test_the_first_line_says_what_is_wrong_with_which_campaign_and_by_how_much() -> None:
    message = compose(notification(), URL)
    header = message["blocks"][0]["text"]["text"]
    assert header == "🔴 CRITICAL · 1 firing · Spring sale: 71 % of 5400 delivered"
    assert message["text"].splitlines()[0] == header


def test_a_section_has_figures_beginning_and_links() -> None:
    message = compose(notification(), URL)
    (attachment,) = message["attachments"]
    assert attachment["color"] == "#d00000"
    assert attachment["blocks"][0]["text"]["text"].splitlines() == [
        "🔴 *LowDelivery · critical · ShopAgent · RCS · campaign 53651994 · sending*",
        "3,834 of 5,400 delivered (71.0 %) · SMS fallback 61 of 70 delivered (87.1 %) · 12.50 EUR",
        f"Condition met since {BEGINNING}, firing for 2 min · <{URL}/alerts/a1|Open> · {RUNBOOK}",
    ]


def test_a_message_shows_no_sentence_twice() -> None:
    long = alert(3, annotations={"summary": f"Spring sale: {'very ' * 30}bad"})
    for told in (
        notification(),
        notification(alert(1), alert(2)),
        notification(resolved()),
        notification(long),
    ):
        shown = "\n".join(texts_of(compose(told, URL))[1:])
        for each in told.alerts:
            assert shown.count(headline(each)) == sum(
                headline(other) == headline(each) for other in told.alerts
            )


def test_without_an_external_url_there_is_no_link_to_the_alert() -> None:
    assert "|Open>" not in json.dumps(compose(notification(), None))


def test_resolved_alerts_are_green_and_come_after_what_fires() -> None:
    message = compose(notification(resolved(1), alert(2, severity="warning")), URL)
    assert [attachment["color"] for attachment in message["attachments"]] == ["#f2c744", "#2eb67d"]
    assert f"Fired for 2 min, until {END}" in texts_of(message)[-1]


def test_a_message_of_resolved_alerts_says_so_first() -> None:
    assert compose(notification(resolved()), URL)["text"].startswith(
        "✅ RESOLVED · 1 resolved · Spring sale"
    )


def test_what_only_goes_on_firing_is_named_in_one_section() -> None:
    old = [alert(n, changed=False) for n in range(2, 5)]
    message = compose(notification(alert(1), *old, reason=NotifyReason.NEW_ALERTS), URL)
    assert "4 firing (1 new)" in message["text"]
    assert ids_linked(message) == ["a1"]
    assert texts_of(message)[-1].startswith("*Still firing*\n")
    assert len(texts_of(message)[-1].splitlines()) == 4


def test_a_repetition_tells_every_alert_in_full() -> None:
    message = compose(
        notification(alert(1, changed=False), alert(2, changed=False), reason=NotifyReason.REPEAT),
        URL,
    )
    assert "2 still firing" in message["text"]
    assert ids_linked(message) == ["a1", "a2"]


def test_what_does_not_fit_is_counted_by_kind_and_linked() -> None:
    message = compose(
        notification(*(alert(n) for n in range(100)), *(resolved(n) for n in range(100, 110))), URL
    )
    shown = len(ids_linked(message))
    footer = texts_of(message)[-1]
    assert 10 <= shown < 110
    assert (
        footer
        == f"… and {110 - shown} more: {100 - shown} firing, 10 resolved · <{URL}|see all of them>"
    )


def test_an_event_has_no_duration_and_a_test_says_that_it_is_one() -> None:
    assert "1 event" in compose(notification(event(), reason=NotifyReason.EVENT), URL)["text"]
    assert compose(notification(event(), reason=NotifyReason.TEST), URL)["text"].startswith(
        "🔔 TEST · "
    )


def test_a_summary_that_does_not_name_the_campaign_gets_its_name() -> None:
    told = alert(
        annotations={"summary": "delivers badly"}, campaign=campaign(name="Summer <!here>")
    )
    assert "Summer &lt;!here&gt;: delivers badly" in compose(notification(told), URL)["text"]


def test_emphasis_marks_are_disarmed_where_they_could_work_and_left_inside_words() -> None:
    assert (
        escape("*now* _x_ ~y~ `z` Shop_Agent 5*3 a`b", 200)
        == "∗now∗ ˍxˍ ∼y∼ ˋzˋ Shop_Agent 5*3 aˋb"
    )


def test_an_entity_is_never_cut() -> None:
    for limit in range(1, 30):
        cut = escape("a&b<c>d&e", limit)
        assert len(cut) <= limit
        assert re.sub(r"&(amp|lt|gt);", "", cut).count("&") == 0


@settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(told=notifications())
def test_every_message_is_valid_within_limits_and_free_of_foreign_markup(
    told: Notification,
) -> None:
    message = compose(told, URL)
    blocks = blocks_of(message)
    json.dumps(message).encode()

    assert len(blocks) <= 50
    assert len(message["text"]) <= 4000
    for parsed in Block.parse_all(blocks):
        parsed.validate_json()
    for attachment in message["attachments"]:
        assert len(attachment["blocks"]) <= 20
        BlockAttachment(
            blocks=Block.parse_all(attachment["blocks"]), color=attachment["color"]
        ).validate_json()
    for block in blocks:
        limit = 150 if block["type"] == "header" else 3000
        assert all(
            0 < len(text) <= limit and len(text.encode("utf-16-le")) <= 2 * limit
            for text in texts_in(block)
        )
    assert sum(len(text) for text in texts_of(message)) <= 12_000 + 1_000

    for text in texts_of(message):
        foreign = OURS.sub("", text)
        assert "<" not in foreign
        assert ">" not in foreign
        assert "&" not in re.sub(r"&(amp|lt|gt);", "", foreign)
        assert not re.search(
            r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]", text
        )
        assert "`" not in text

    full = len(ids_linked(message))
    named = sum(
        len(text.splitlines()) - 1
        for text in texts_of(message)
        if text.startswith("*Still firing*")
    )
    assert full + named + left_out(message) == len(told.alerts)


def texts_in(block: dict[str, Any]) -> Iterator[str]:
    yield from (
        [block["text"]["text"]]
        if "text" in block
        else [element["text"] for element in block["elements"]]
    )
