"""Bodies from templates: bounded, blind to everything but the message, and tried before they are
needed."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from monitor.domain.alerting.notification import Notification
from monitor.errors import DeliveryError, DeliveryFault
from monitor.notify.webhook.body_template import BODY_TESTS, BodyTemplate, gives_json
from tests.unit.notify.builders import alert, detail, event, notification, notifications, resolved

URL = "https://m.example"
CHAT = """{
  "text": {{ title | tojson }},
  "facts": [
    {% for alert in alerts %}
    {"name": {{ alert.headline | tojson }}, "team": {{ alert.labels.team | tojson }},
     "sent": {{ alert.campaign.sent | tojson if alert.campaign else "null" }}, "link": {{ alert.generatorURL | tojson }},
     "labels": {
       {% for name, value in alert.labels | dictsort %}
       {{ name | tojson }}: {{ value | tojson }}{{ ", " if not loop.last }}
       {% endfor %}
     }
    }{{ "," if not loop.last }}
    {% endfor %}
  ]
}"""


def rendered(text: str, told: Notification | None = None, *, as_json: bool = False) -> str:
    return BodyTemplate.parse(text, json=as_json).render(told or notification(), URL).decode()


def refusal(text: str, *, as_json: bool = False) -> str:
    with pytest.raises(ValueError) as refused:
        BodyTemplate.parse(text, json=as_json)
    return str(refused.value)


def test_a_template_makes_json_of_names_titles_and_labels() -> None:
    told: dict[str, Any] = json.loads(
        rendered(CHAT, notification(alert(1), resolved(2)), as_json=True)
    )
    assert told["text"].startswith("CRITICAL · 1 firing, 1 resolved · Spring sale")
    assert [fact["sent"] for fact in told["facts"]] == [5400, 5400]
    assert told["facts"][0]["labels"]["campaign_id"] == "53651994"
    assert told["facts"][0]["link"] == "https://m.example/alerts/a1"


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(told=notifications())
def test_whatever_the_names_are_the_json_is_json(told: Notification) -> None:
    try:
        decoded = json.loads(rendered(CHAT, told, as_json=True))
    # for the dispatcher to halve: ten thousand characters in each of two hundred labels
    except DeliveryError as error:
        assume(error.reason is not DeliveryFault.TOO_LARGE)
        raise
    assert len(decoded["facts"]) == len(told.alerts)
    assert [set(fact["labels"]) for fact in decoded["facts"]] == [
        set(each.labels) for each in told.alerts
    ]


def test_a_label_that_is_not_there_is_empty_and_a_method_is_a_label_like_any_other() -> None:
    told = notification(alert(labels={"items": "seven", "alertname": "A"}))
    assert (
        rendered(
            "{{ alerts[0].labels.items }}|{{ alerts[0].labels.team }}|{{ groupLabels.none_such }}|",
            told,
        )
        == "seven|||"
    )


def test_null_is_false_and_stays_null_in_calculations() -> None:
    text = (
        "{% for a in alerts %}{% if a.campaign %}"
        "{{ a.campaign.finished_at | default('running') }} {{ a.campaign.delivered / "
        "a.campaign.sent }} "
        "{{ (a.campaign.delivered / a.campaign.sent) | percent }}{% endif %}{% endfor %}"
    )
    assert rendered(text) == "running 0.71 71.0 %"


def test_the_reasons_and_figures_of_a_detail_are_there_where_it_was_read() -> None:
    text = (
        "{% for a in alerts %}{{ a.why }}|{% if a.campaign.detail %}{{ a.campaign.detail.expired "
        "}}{% endif %};{% endfor %}"
    )
    told = notification(alert(detail=detail(fallback=None)), alert(2))
    body = BodyTemplate.parse(
        text.replace("a.campaign.detail %", "a.campaign and a.campaign.detail %"), json=False
    )
    assert (
        body.render(told, None).decode()
        == "Why: not RCS-capable 34 %, expired 8 %, failed 3 %|486;|;"
    )


def test_parts_events_and_reasons_are_there_in_every_message() -> None:
    text = (
        "{{ part }}/{{ parts }} {{ notification_reason }} {{ alerts[0].event_id | default('-') }} "
        "{{ id }}"
    )
    assert rendered(text) == "1/1 firing - ntf_01"
    assert rendered(text, notification(event(), part=2, parts=3)) == "2/3 firing e1 ntf_01"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty"),
        ("x" * 30_000, "20000 is the most"),
        ("{{ titel }}", 'line 1: there is no "titel" (did you mean "title"?)'),
        (
            "a\n{{ title | to_json }}",
            'line 2: there is no filter "to_json" (did you mean "tojson"?)',
        ),
        ("{% for a in alerts %}", "line 1: unexpected end of template (end it with {% endfor %})"),
        ("{{ alerts[0].labels.items() }}", "the template of a body cannot contain a call"),
        ("{{ range(10) }}", "the template of a body cannot contain a call"),
        ("{% set x = 1 %}", "the template of a body cannot contain {% set %}"),
        ("{% include 'x' %}", "the template of a body cannot contain {% include %}"),
        ("{{ 2 ** 99 }}", "the template of a body cannot contain **"),
        (
            (
                "{% for a in alerts %}{% for b in alerts %}{% for c in alerts %}x{% endfor %}{% "
                "endfor %}{% endfor %}"
            ),
            "2 deep",
        ),
        (
            "{{ title is callable }}",
            'there is no test "callable" (there is defined, undefined, eq, ',
        ),
        ("{{ title.__class__ }}", "cannot be rendered for a sample message"),
        ("{{ alerts[0].campaing }}", "campaing"),
        (
            "{{ alerts[0].campaign.name }}",
            "cannot be rendered for a sample message of an alert about no campaign",
        ),
        ("{{ alerts[7].headline }}", "cannot be rendered for a sample message"),
        ("{{ ['x'] * 5 }}", "needs numbers"),
        ("{{ 'x'" + " ~ 'x'" * 2500 + " }}", "it is too large"),
        ("{{ " + "(" * 400, "is nested too deeply"),
    ],
)
def test_a_wrong_template_is_refused_with_what_is_wrong(text: str, expected: str) -> None:
    assert expected in refusal(text)


def test_everything_wrong_with_a_template_is_told_at_once_in_the_order_of_its_lines() -> None:
    assert refusal("{{ titel }}\n{{ title | upperr }}\n{{ range(3) }}") == (
        'line 1: there is no "titel" (did you mean "title"?); line 2: there is no filter "upperr" '
        '(did you mean "upper"?); '
        "line 3: the template of a body cannot contain a call"
    )


def test_json_that_cannot_be_read_is_found_at_load() -> None:
    assert "does not give JSON for a sample message" in refusal(
        "[" * 5000 + "]" * 5000, as_json=True
    )


@pytest.mark.parametrize("text", ['{"text": "{{ title }}"}', '{"text": {{ title }} }', "hello"])
def test_a_template_that_forgets_tojson_is_found_out_at_load(text: str) -> None:
    assert "does not give JSON for a sample message" in refusal(text, as_json=True)
    assert "tojson" in refusal(text, as_json=True)


def test_a_chain_of_replacements_cannot_fill_the_memory() -> None:
    growing = "title" + ' | replace("a", "aaaaaaaaaaaaaaaa")' * 12
    assert "too long" in refusal("{{ " + growing + " }}")


def test_a_body_without_end_is_too_large_for_one_message() -> None:
    template = BodyTemplate.parse(
        "{% for alert in alerts %}{{ alert.annotations.summary }}{% endfor %}", json=False
    )
    with pytest.raises(DeliveryError) as failed:
        template.render(
            notification(*(alert(n, annotations={"summary": "x" * 20_000}) for n in range(60))), URL
        )
    assert (failed.value.reason, failed.value.retryable) == (DeliveryFault.TOO_LARGE, False)


def test_what_cannot_be_rendered_later_is_a_final_failure_that_says_so() -> None:
    template = BodyTemplate.parse(
        "{% if alerts[0].labels.alertname == 'Other' %}{{ alerts[0].nothing }}{% endif %}",
        json=False,
    )
    with pytest.raises(DeliveryError) as failed:
        template.render(notification(alert(labels={"alertname": "Other"})), URL)
    assert (failed.value.reason, failed.value.retryable) == (DeliveryFault.REJECTED, False)
    assert "template of the body could not be rendered" in str(failed.value)


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [("application/json", True), ("Application/JSON; charset=utf-8", True), ("application/cloudevents+json", True),
     ("text/plain", False), ("application/jsonl", False)],
)  # fmt: skip
def test_json_is_known_by_its_media_type(content_type: str, expected: bool) -> None:
    assert gives_json(content_type) is expected


@pytest.mark.parametrize(
    ("test", "holds"),
    [
        ("alerts is defined", True),
        ("alerts[0].nothing is defined", False),
        ("alerts is undefined", False),
        ("1 is eq 1", True),
        ("1 is equalto 2", False),
        ("1 is ne 2", True),
        ("2 is gt 1", True),
        ("1 is ge 2", False),
        ("1 is lt 2", True),
        ("2 is le 1", False),
        ("1 is in [1, 2]", True),
        ("none is none", True),
        ("alerts is null", False),
    ],
)
def test_each_test_that_a_body_may_use_is_accepted_and_renders(test: str, holds: bool) -> None:
    assert rendered(f"{{{{ 'yes' if {test} else 'no' }}}}") == ("yes" if holds else "no")


def test_every_test_is_tried() -> None:
    tried = {
        "defined",
        "undefined",
        "eq",
        "equalto",
        "ne",
        "gt",
        "ge",
        "lt",
        "le",
        "in",
        "none",
        "null",
    }
    assert BODY_TESTS.keys() == tried
