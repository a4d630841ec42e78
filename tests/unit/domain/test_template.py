"""What texts of alerts can say, what they are refused for, and that they never fail."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.campaign.account import AccountView, Balance
from monitor.domain.campaign.event import CampaignEvent, Change, EventKind
from monitor.domain.campaign.feed import Feed, FeedState
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.fields.catalogue import fields_of
from monitor.domain.texts.formatting import FILTERS
from monitor.domain.texts.template import Template, TemplateError, template_context
from tests.unit.domain.builders import NOW, a_campaign, tracked
from tests.unit.domain.expressions import rows

LABELS = {"team": "messaging", "alertname": "LowDelivery"}


def rendered(text: str, **values: Any) -> str:
    context = template_context("campaign", tracked(a_campaign(**values)), NOW, LABELS)
    return Template.parse(text, scope="campaign", name="summary of LowDelivery").render(context)


def test_the_text_of_the_documentation() -> None:
    text = "{{ campaign.name }}: {{ delivery_ratio | percent }} of {{ sent }} delivered"
    assert rendered(text, sent=500, delivered=417) == "Spring sale: 83.4 % of 500 delivered"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ 0.8341 | percent }} {{ sent | percent }} {{ fallback_ratio | percent }}", "83.4 % 123456700.0 % –"),
        ("{{ 5400 | duration }} {{ status_age | duration }} {{ stalled_for }}", "1 h 30 min 1 h 1 h"),
        ("{{ sent | number }} {{ 0.5 | number }} {{ delivered | number }}", "1,234,567 0.5 –"),
        ("{{ now | time }} {{ now }} {{ start_at | time }} {{ start_at }}", "2026-03-02 09:00 UTC 2026-03-02 09:00 UTC – –"),
        ("{{ calculated_price | money(currency) }} {{ 5 | money('EUR') }} {{ sent | money }}", "-50.25 5.00 EUR 1,234,567.00"),
        ("{{ delivered | default('none yet') }} {{ sent | default(0) }}", "none yet 1234567"),
        ("{{ name | truncate(7) }} {{ name | upper }} {{ name | lower }}", "Spring… SPRING SALE spring sale"),
        ("{{ 2.345 | round(1) }} {{ sent | round }} {{ delivered | round }}", "2.3 1234567 –"),
        ("{{ name | percent }}", "Spring sale"),
        ("{{ final }} {{ calculated_price }} {{ 0.83416 }} {{ null }}", "false -50.25 0.8342 –"),
        ("{{ labels.team }} {{ labels['team'] }} {{ labels.other }}", "messaging messaging –"),
        ("{{ campaign['name'] ~ '/' ~ delivered }}", "Spring sale/–"),
        ("{% if sent > 5 %}many{% else %}few{% endif %}", "many"),
        ("{% if delivered > 5 or delivered <= 5 %}known{% elif delivered == null %}unknown{% endif %}", "unknown"),
        ("{{ 'none' if delivered is null else delivered }}", "none"),
        ("{% if delivered != 5 %}a{% endif %}{% if not (sent == null) %}b{% endif %}", "b"),
        ("{{ 'yes' if status in ['done', 'sending'] }}", "yes"),
        ("{{ now - created_at }} {{ created_at + 60 }} {{ age / status_age }} {{ -age }} {{ age * 2 }}",
         "1 h 2026-03-02 08:01 UTC 1 -1 h 2 h"),
        ("{{ (sent - delivered) | number }} {{ sent / 0 }} {{ delivered + 1 }}", "– – –"),
        ("  {# a comment #}\n  text\n\n", "text"),
    ],
)  # fmt: skip
def test_values_are_shown_for_people(text: str, expected: str) -> None:
    assert rendered(text, sent=1_234_567, calculated_price=-50.25) == expected


def test_an_account_has_its_own_fields() -> None:
    when = datetime.fromtimestamp(NOW, UTC)
    feed = FeedState(feed=Feed("main", "sms"), first_tried=when, last_success=when)
    balance = Balance(balance=-50.25, credit=125.0, currency="USD", read_at=when)
    view = AccountView(account="main", feeds=[feed], balance=balance, counts={"spam": 2}, now=when)
    template = Template.parse(
        "{{ account }}: {{ spendable | money(currency) }}, {{ campaigns_spam }} in spam",
        scope="account",
    )
    assert (
        template.render(template_context("account", view, None, LABELS))
        == "main: 74.75 USD, 2 in spam"
    )


def test_an_event_knows_the_old_status() -> None:
    event = CampaignEvent(
        id="e",
        kind=EventKind.STATUS_CHANGED,
        at=NOW,
        campaign=a_campaign(status="stopped"),
        changes=(Change("status", "sending", "stopped"),),
    )
    template = Template.parse(
        "{{ old_status }} → {{ campaign.status }}", scope="campaign", event=True
    )
    assert (
        template.render(template_context("campaign", tracked(), NOW, LABELS, event=event))
        == "sending → stopped"
    )


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("{{ sennt }}", 1, 'there is no "sennt" (did you mean "sent"?)'),
        ("a\nb {{ campaign.nam }}", 2, 'a campaign has no "nam" (did you mean "name"?)'),
        ("{{ campagin.name }}", 1, 'did you mean "campaign"?'),
        ("{{ old_status }}", 1, 'there is no "old_status"'),
        ("{{ sent | persent }}", 1, 'there is no filter "persent" (did you mean "percent"?)'),
        ("{{ sent | percent(1) }}", 1, 'the filter "percent" does not take this'),
        ("{{ sent is divisibleby 3 }}", 1, 'there is no test "divisibleby"'),
        ("\n\n{% for x in name %}{% endfor %}", 3, "a text cannot contain a loop ({% for %})"),
        ("{{ name.upper() }}", 1, "a text cannot contain a call"),
        ("{{ name.__class__ }}", 1, "only campaign and labels can be followed by a member"),
        ("{{ campaign.__class__ }}", 1, 'a campaign has no "__class__"'),
        ("{{ ''['__class__'] }}", 1, "can be followed by a member"),
        ("{{ campaign[name] }}", 1, 'campaign needs the name of a member, like campaign["name"]'),
        ("{{ labels['a b'] }}", 1, "cannot be the name of a label"),
        ("{{ campaign }}", 1, "campaign is not a value (write campaign.name)"),
        ("{{ range(5) }}", 1, "a text cannot contain a call"),
        ("{% set x = 5 %}", 1, "a text cannot contain {% set %}"),
        ("{% include 'x' %}", 1, "a text cannot contain {% include %}"),
        ("{% filter upper %}a{% endfilter %}", 1, "a text cannot contain {% filter %}"),
        ("{{ sent ** 2 }}", 1, "a text cannot contain **"),
        ("{{ 'a' * 5 }}", 1, "it cannot be rendered"),
        ("{{ name > 5 }}", 1, "it cannot be rendered: a text and a number cannot be compared with >"),
        ("{{ sent", 1, "unexpected end of template"),
        ("{{ sent }", 1, "unexpected '}' (end a value with }})"),
        ("{% if sent %}x", 1, "(end it with {% endif %})"),
        ("{{ $labels.team }}", 1, "(write a name without $ or a dot before it, such as {{ labels.team }})"),
        ("{{ .Labels.team }}", 1, "(write a name without $ or a dot before it, such as {{ labels.team }})"),
        ("{% if status = 'done' %}{% endif %}", 1, "(write == to compare)"),
        ("a\n{% foo %}", 2, "unknown tag 'foo' (there is {% if … %}"),
        ("x" * 4_001, 1, "4000 is the most"),
        ("{{ " + "(" * 400 + "1" + ")" * 400 + " }}", 1, "nested too deeply"),
        ("{{ " + "1+" * 900 + "1 }}", 1, "too large or nested too deeply"),
        ("{% if sent %}" * 130 + "{% endif %}" * 130, 1, "nested too deeply"),
    ],
)  # fmt: skip
def test_a_wrong_template_is_refused_at_load(text: str, line: int, said: str) -> None:
    with pytest.raises(TemplateError) as caught:
        Template.parse(text, scope="campaign")
    assert len(caught.value.faults) == 1, caught.value.faults
    assert caught.value.faults[0].line == line
    assert said in str(caught.value)


def test_all_faults_are_found_at_once() -> None:
    with pytest.raises(TemplateError) as caught:
        Template.parse("{{ sennt }}\n{{ delivred | persent }}\n{{ sent }}", scope="campaign")
    assert [fault.line for fault in caught.value.faults] == [1, 2, 2]


def test_an_account_has_no_campaign() -> None:
    with pytest.raises(TemplateError, match='there is no "campaign"'):
        Template.parse("{{ campaign.name }}", scope="account")


def test_what_cannot_be_rendered_says_so_and_gives_the_facts() -> None:
    text = "{{ name / 5 if sent > 100 else 'few' }}"
    assert rendered(text, sent=1) == "few"
    assert rendered(text, sent=101, delivered=7) == (
        "[the template summary of LowDelivery could not be rendered: TypeError] "
        "account=default id=1 name=Spring sale status=sending sent=101 delivered=7"
    )


def test_the_output_is_bounded() -> None:
    output = rendered("{{ name }}" * 300, name="x" * 100_000)
    assert len(output) == 4_000
    assert output.endswith("…")


def test_a_missing_context_does_not_raise() -> None:
    assert "could not be rendered" in Template.parse("{{ sent }}", scope="campaign").render({})


def test_names_are_text_and_not_templates() -> None:
    assert rendered("{{ name }}", name="{{ 7 * 7 }} <b> {% if %}") == "{{ 7 * 7 }} <b> {% if %}"


def test_a_template_is_a_value() -> None:
    one, same = (
        Template.parse("{{ sent }}", scope="campaign"),
        Template.parse("{{ sent }}", scope="campaign", name="other"),
    )
    assert one == same
    assert hash(one) == hash(same)
    assert one != Template.parse("{{ sent }}", scope="campaign", event=True)


ALL = [f"{{{{ {name} | {filter_} }}}}" for name in fields_of("campaign") for filter_ in FILTERS]
EVERYTHING = [
    Template.parse("\n".join(ALL[start : start + 40]), scope="campaign")
    for start in range(0, len(ALL), 40)
]


@settings(max_examples=60, deadline=None)
@given(row=rows(), scale=st.sampled_from([1.0, 1e6, 1e300, float("inf")]))
def test_no_data_makes_a_template_fail(row: TrackedCampaign, scale: float) -> None:
    context = template_context("campaign", row, NOW * scale, LABELS)
    for template in EVERYTHING:
        assert "could not be rendered" not in template.render(context)


_WORDS = (
    "{{ }} {% %} if else endif sent name campaign . labels [ ] ( ) | percent for in set + * ~ - 1 "
    "'a' not and is null # {# #}"
)
_SOUP = [*_WORDS.split(), "\n"]


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=40) | st.lists(st.sampled_from(_SOUP), max_size=20).map(" ".join))
def test_whatever_the_text_is_it_is_a_template_or_refused(text: str) -> None:
    assert isinstance(parsed(text), str | TemplateError)


def parsed(text: str) -> str | TemplateError:
    try:
        template = Template.parse(text, scope="campaign")
    except TemplateError as error:
        return error
    return template.render(template_context("campaign", tracked(), NOW, LABELS))
