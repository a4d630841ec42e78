"""The JSON Schema of rules.yaml: what `check` takes it takes."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from monitor.errors import ConfigError
from monitor.rulefile import parse_rules, rules_schema
from monitor.yamlfile.document import parse_yaml, plain
from monitor.yamlfile.findings import Findings
from tests.examples import examples

ROOT = Path(__file__).parents[3]
SCHEMA = rules_schema()
VALIDATOR = Draft7Validator(SCHEMA)
RULES_FILES = sorted(
    path
    for path in ROOT.rglob("rules.yaml")
    if not {".venv", "dist", "build"} & set(path.relative_to(ROOT).parts)
)
GOOD = """\
settle: {sms: 15m, default: 1h}
extra_statuses: [archived]
quiet_hours:
  - {days: [saturday, "monday:friday"], times: "20:00-08:00", zone: Europe/Berlin}
rules:
  - alert: LowDelivery
    scope: campaign
    when: settled_sent >= 100 and delivery_ratio_upper < 0.80
    for: 10m
    keep_firing_for: 15m
    settle: 20m
    severity: critical
    labels: {team: messaging}
    summary: "{{ campaign.name }}"
    description: "{{ sent }}"
    runbook_url: https://example.org/runbook
  - alert: Why
    when: status == "sending" and expired > 5
    detail: true
    severity: page
  - alert: Stopped
    on: [status_changed, edited]
    when: status == "stopped"
  - {alert: Gone, on: vanished}
  - {alert: Sender, scope: sender, when: campaigns > 5, over: 12h, settle: {rcs: 1h}}
  - {alert: Down, scope: account, when: api_up == false, runbook_url: /runbooks#down}
receivers:
  - name: ops
    fallback: hook
    fallback_after: 20m
    send_resolved: "yes"
    slack: {bot_token: xoxb-1-2, channel: "#alerts", api_url: "https://slack.example.org/api"}
  - {name: plain slack, slack: {url: "${X}"}}
  - name: hook
    webhook:
      url: https://example.org/hook
      secret: [whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw]
      basic: {username: shop, password: pw}
      headers: {X-Shop: a}
      content_type: application/json
      max_bytes: 5000
  - {name: bearer hook, webhook: {url: "https://example.org/hook", secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, bearer: tok}}
  - name: mail
    email:
      host: smtp.example.org
      port: 587
      tls: starttls
      username: u
      password: p
      from: a@example.org
      to: [b@example.org]
      hello: h
  - {name: mail2, email: {host: smtp.example.org, port: "25", tls: "${TLS}", from: a@example.org, to: b@example.org}}
  - {name: alerts, alertmanager: {urls: ["https://a:9093", "https://b:9093"], bearer: t}}
  - {name: alerts2, alertmanager: {urls: "https://a:9093"}}
  - {name: pager, pagerduty: {routing_key: 0123456789abcdef0123456789abcdef, url: "https://events.eu.pagerduty.com/v2/enqueue"}}
  - {name: chat, telegram: {token: "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawX", chat_id: -100123, message_thread_id: 5}}
  - {name: chat2, telegram: {token: "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawX", chat_id: "@shop", message_thread_id: "5"}}
  - {name: team, teams: {url: "https://example.org/workflow"}}
  - {name: gamers, discord: {url: "https://discord.com/api/webhooks/1/x"}}
  - {name: other, apprise: {url: "json://localhost"}}
  - name: console
    console:
route:
  receiver: ops
  group_by: [alertname, account]
  group_wait: 0s
  group_interval: ${WAIT}
  repeat_interval: 4h
  mute_time_intervals: [nights]
  active_time_intervals: nights
  routes:
    - matchers: ['severity="critical"']
      receiver: hook
      continue: true
      group_by: ["..."]
      group_wait: 1m
      routes:
        - {matchers: 'team="messaging"', receiver: mail, active_time_intervals: nights}
inhibit_rules:
  - {source_matchers: ['alertname="Down"'], target_matchers: 'campaign_id!=""', equal: [account]}
time_intervals:
  - name: nights
    time_intervals:
      - times: [{start_time: "22:00", end_time: "24:00"}]
        weekdays: ["monday:friday", Sunday]
        days_of_month: [1, "-7:-1"]
        months: [january, "3:5", 7]
        years: ["2026:2028", 2030]
        location: Europe/Berlin
"""
VALUES = {"X": "https://hooks.example.org/x", "TLS": "starttls", "WAIT": "5m"}


def instance(text: str) -> Any:
    node = parse_yaml(text, source="f", findings=Findings())
    assert node is not None
    return plain(node)


def refused_by_the_reader(document: Any) -> list[str]:
    text = document if isinstance(document, str) else yaml.safe_dump(document, allow_unicode=True)
    try:
        parse_rules(text, source="rules.yaml", lookup=VALUES.get)
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


def refused_by_the_schema(document: Any) -> list[str]:
    return [
        error.message
        for error in VALIDATOR.iter_errors(
            instance(document) if isinstance(document, str) else document
        )
    ]


def test_it_is_a_schema_of_draft_7() -> None:
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", RULES_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_rules_file_of_the_repository_fits(path: Path) -> None:
    assert refused_by_the_schema(path.read_text(encoding="utf-8")) == []


def test_a_file_with_every_key_fits_both() -> None:
    assert refused_by_the_reader(GOOD) == []
    assert refused_by_the_schema(GOOD) == []


# --- what editors show ----------------------------------------------------------------------------


DOCUMENT = instance(GOOD)


def described(shape: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(shape, dict):
        for name, below in shape.get("properties", {}).items():
            if (
                isinstance(below, dict)
                and "const" not in below
                and name not in ("sms", "rcs", "viber", "hlr", "whatsapp", "default")
            ):
                yield f"{path}.{name}", below.get("description", "")
        for key, below in shape.items():
            if key not in ("if", "then", "else"):
                yield from described(below, f"{path}.{key}")
    elif isinstance(shape, list):
        for below in shape:
            yield from described(below, path)


def test_every_key_says_what_it_means() -> None:
    found = dict(described(SCHEMA))
    assert len(found) > 100
    assert [
        path for path, text in found.items() if len(text) < 10 or "`" in text or "](" in text
    ] == []


def with_patterns(shape: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(shape, dict):
        if "pattern" in shape and not path.endswith(".properties"):
            yield path, shape
        for key, below in shape.items():
            yield from with_patterns(below, f"{path}.{key}")
    elif isinstance(shape, list):
        for number, below in enumerate(shape):
            yield from with_patterns(below, f"{path}.{number}")


REFERENCE = r"\$\{"
"""Beside another pattern, which has the words."""


def test_no_message_shows_a_regular_expression() -> None:
    found = dict(with_patterns(SCHEMA))
    assert len(found) > 20
    silent = [path for path, shape in found.items() if shape["pattern"] != REFERENCE]
    assert [
        path
        for path in silent
        if not found[path].get("patternErrorMessage", "").startswith("expected ")
    ] == []


# --- the same judgement ---------------------------------------------------------------------------

RULE = "rules: [{alert: A, when: sent > 5}]\n"


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "rules: {}",
        "rules: [{when: sent > 5}]",
        "rules: [{alert: A}]",
        "rules: [{alert: A, when: }]",
        "rules: [{alert: '1A', when: sent > 5}]",
        "rules: [{alert: A, when: sent > 5, sumary: x}]",
        "rules: [{alert: A, when: sent > 5, for: 10}]",
        "rules: [{alert: A, when: sent > 5, for: 10 m}]",
        "rules: [{alert: A, when: sent > 5, for: 5m1h}]",
        "rules: [{alert: A, when: sent > 5, severity: Critical}]",
        "rules: [{alert: A, when: sent > 5, labels: {account: x}}]",
        "rules: [{alert: A, when: sent > 5, labels: {a: 5}}]",
        "rules: [{alert: A, when: sent > 5, labels: {a-b: x}}]",
        "rules: [{alert: A, when: sent > 5, labels: {a: '{{ x }}'}}]",
        "rules: [{alert: A, when: sent > 5, scope: sendre}]",
        "rules: [{alert: A, when: sent > 5, over: 1h}]",
        "rules: [{alert: A, when: sent > 5, settle: {mms: 1h}}]",
        "rules: [{alert: A, on: status_change}]",
        "rules: [{alert: A, on: []}]",
        "rules: [{alert: A, on: edited, for: 5m}]",
        "rules: [{alert: A, on: edited, detail: true}]",
        "rules: [{alert: A, scope: account, on: edited}]",
        RULE + "extra_statuses: [Archived]",
        RULE + "mute_time_intervals: []",
        RULE + "receivers: [{name: ops, console: {}}]",
        RULE + "receivers: [{name: ops}]\nroute: {receiver: ops}",
        RULE
        + "receivers: [{name: ops, console: {}, slack: {url: 'https://a.example.org'}}]\nroute: {receiver: ops}",
        RULE + "receivers: [{name: ops, console: {colour: red}}]\nroute: {receiver: ops}",
        RULE + "receivers: [{name: ops, slack: {}}]\nroute: {receiver: ops}",
        RULE + "receivers: [{name: ops, slack: {bot_token: xoxb-1-2}}]\nroute: {receiver: ops}",
        RULE + "receivers: [{name: ops, webhook: {}}]\nroute: {receiver: ops}",
        RULE
        + "receivers: [{name: ops, webhook: {url: 'https://a.b', url_file: x}}]\nroute: {receiver: ops}",
        RULE
        + "receivers: [{name: ops, email: {host: h, from: a@b.org, to: c@d.org, tls: ssl}}]\nroute: {receiver: ops}",
        RULE
        + "receivers: [{name: ops, email: {host: h, from: a@b.org, to: c@d.org, port: 99999}}]\nroute: {receiver: ops}",
        RULE + "receivers: [{name: ops, console: {}, fallback_after: 5m}]\nroute: {receiver: ops}",
        RULE
        + "receivers: [{name: ops, console: {}, send_resolved: maybe}]\nroute: {receiver: ops}",
        RULE + "receivers: [{name: ops, console: {}}]\nroute: {}",
        RULE + "receivers: [{name: ops, console: {}}]\nroute: {receiver: ops, matchers: ['a=b']}",
        RULE + "receivers: [{name: ops, console: {}}]\nroute: {receiver: ops, group_wait: soon}",
        RULE
        + "receivers: [{name: ops, console: {}}]\nroute: {receiver: ops, routes: [{match: {a: b}}]}",
        RULE + "inhibit_rules: [{source_matchers: ['a=b']}]",
        RULE + "inhibit_rules: [{source_matchers: [], target_matchers: ['a=b']}]",
        RULE + "time_intervals: [{name: n}]",
        RULE
        + "time_intervals: [{name: n, time_intervals: [{times: [{start_time: '25:00', end_time: '26:00'}]}]}]",
        RULE + "time_intervals: [{name: n, time_intervals: [{months: [13]}]}]",
        RULE + "time_intervals: [{name: n, time_intervals: [{months: [janury]}]}]",
        RULE + "time_intervals: [{name: n, time_intervals: [{weekdays: 'monday:fryday'}]}]",
        RULE + "quiet_hours: [{days: [mon]}]",
        RULE + "quiet_hours: [{times: 20-8}]",
    ],
)
def test_what_is_wrong_by_its_shape_is_refused_by_both(text: str) -> None:
    assert refused_by_the_reader(text) != []
    assert refused_by_the_schema(text) != []


ROUTED = RULE + "receivers: [{name: ops, console: {}}]\n"
NAMED = ROUTED + "route: {receiver: ops, mute_time_intervals: [n]}\n"


@pytest.mark.parametrize(
    "text",
    [
        RULE + "quiet_hours: [{days: []}]",
        RULE + "quiet_hours: [{days: saturday, times: []}]",
        *(
            NAMED + f"time_intervals: [{{name: n, time_intervals: [{{{part}: []}}]}}]"
            for part in ("times", "weekdays", "days_of_month", "months", "years")
        ),
        NAMED + "time_intervals: [{name: n, time_intervals: []}]",
        ROUTED + "route: {receiver: ops, active_time_intervals: []}",
        ROUTED + "route: {receiver: ops, routes: [{matchers: []}]}",
        RULE
        + "inhibit_rules: [{source_matchers: [alertname=A], target_matchers: [], equal: [account]}]",
        RULE
        + "inhibit_rules: [{source_matchers: [alertname=A], target_matchers: [severity=info], equal: []}]",
    ],
)
def test_an_empty_list_that_would_narrow_nothing_is_refused_at_its_place(text: str) -> None:
    [problem] = refused_by_the_reader(text)
    lines = text.splitlines()
    assert problem.startswith(f"rules.yaml:{len(lines)}:{lines[-1].index('[]') + 1}: ")
    assert refused_by_the_schema(text) != []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rules: [{alert: A, on: 'appeared, vanished'}]", "write a list: [appeared, vanished]"),
        (
            RULE + "quiet_hours: [{days: 'monday:friday, sunday'}]",
            "write a list: [monday:friday, sunday]",
        ),
        (
            NAMED + "time_intervals: [{name: n, time_intervals: [{months: 'may,june'}]}]",
            "write a list: [may, june]",
        ),
        (
            NAMED + "time_intervals: [{name: n, time_intervals: [{days_of_month: '1,15'}]}]",
            "write a list: [1, 15]",
        ),
        (
            ROUTED + "route: {receiver: ops, mute_time_intervals: 'n, m'}\n"
            "time_intervals: [{name: n, time_intervals: [{years: 2026}]}, {name: m, "
            "time_intervals: [{years: 2027}]}]",
            "write a list: [n, m]",
        ),
    ],
)
def test_several_in_one_text_are_told_to_be_a_list(text: str, expected: str) -> None:
    [problem] = refused_by_the_reader(text)
    assert expected in problem


def test_several_labels_in_one_text_are_told_to_be_a_list() -> None:
    text = ROUTED + "route: {receiver: ops, group_by: 'alertname, account'}"
    [warning] = parse_rules(text, source="rules.yaml", lookup=VALUES.get).warnings
    assert "write a list: [alertname, account]" in str(warning)


def at(document: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        document = document[part]
    return document


def places(document: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    entries = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for key, value in entries:
        yield from places(value, (*path, key))


NOTHING = [None, "", " ", [], {}, [None]]
MEASURES = [
    True,
    False,
    0,
    1,
    5,
    -1,
    2.5,
    "0",
    "10m",
    " 5m ",
    "1h30m",
    "25",
    "9:00",
    "09:00",
    "1:5",
]
WORDS = [
    "x",
    "ops",
    "A",
    "yes",
    "ON",
    "monday",
    "Monday:Friday",
    "status_changed",
    "critical",
    "sms",
    "tls",
    "a=b",
    "sent > 5",
]
OTHERS = [
    "${X}",
    "${WAIT}",
    "$${X}",
    "https://a.example.org",
    ["x"],
    ["A", "B"],
    ["edited"],
    [5],
    {"a": "b"},
    {"sms": "5m"},
]
VALUE = st.sampled_from([*NOTHING, *MEASURES, *WORDS, *OTHERS])


@pytest.mark.slow
@settings(max_examples=examples(300), deadline=None)
@given(
    path=st.sampled_from(list(places(DOCUMENT))),
    value=VALUE,
    how=st.sampled_from(["replace", "replace", "drop"]),
)
def test_what_the_reader_takes_the_schema_takes(
    path: tuple[str | int, ...], value: Any, how: str
) -> None:
    document = copy.deepcopy(DOCUMENT)
    holder = at(document, path[:-1])
    if how == "drop":
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    if not refused_by_the_reader(document):
        assert refused_by_the_schema(document) == []
