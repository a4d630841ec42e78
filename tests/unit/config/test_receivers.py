"""Receivers: their options, secrets from variables and files, and that no message shows one."""

from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.notify import INTEGRATIONS
from monitor.notify.slack.options import SlackOptions
from monitor.notify.webhook.options import WebhookOptions
from monitor.yamlfile.suggestion import listed
from tests.rules import rules_in
from tests.unit.config.conftest import rule_problems, rules

URL = "https://hooks.example.org/T0/B0/very-secret"


def text(receiver: str) -> str:
    return (
        f"rules:\n  - {{alert: A, when: sent > 5}}\nreceivers:\n  - {receiver}\nroute: "
        f"{{receiver: ops}}\n"
    )


def slack_url(receiver: str, environ: dict[str, str] | None = None) -> str:
    options = rules(text(receiver), environ).receivers[0].options
    assert isinstance(options, SlackOptions)
    return options.url.get_secret_value()


def test_a_receiver_has_everything_that_was_written() -> None:
    [receiver] = rules(
        text(f"{{name: ops, send_resolved: false, webhook: {{url: '{URL}', secret: abc}}}}")
    ).receivers
    assert (receiver.name, receiver.integration, receiver.send_resolved) == (
        "ops",
        "webhook",
        False,
    )
    assert isinstance(receiver.options, WebhookOptions)
    assert [secret.get_secret_value() for secret in receiver.options.secret] == ["abc"]
    assert "very-secret" not in repr(receiver)


def test_console_needs_no_options() -> None:
    for written in ("console: {}", "console:", "console: null"):
        [receiver] = rules(text(f"{{name: ops, {written}}}")).receivers
        assert (receiver.integration, receiver.send_resolved) == ("console", True)


@pytest.mark.parametrize(
    ("written", "expanded"),
    [
        ("https://a.example.org/${TOKEN}", "https://a.example.org/abc"),
        ("${UNSET:-https://b.example.org}", "https://b.example.org"),
        ("${EMPTY:-https://b.example.org}", "https://b.example.org"),
        ("https://a.example.org/$$${TOKEN}$x", "https://a.example.org/$abc$x"),
        ("https://a.example.org/$${TOKEN}", "https://a.example.org/${TOKEN}"),
        ("https://a.example.org/${UNSET:-}", "https://a.example.org/"),
        ("https://a.example.org/${NESTED}", "https://a.example.org/${TOKEN}"),
    ],
)
def test_references_are_replaced_once_after_the_yaml_is_parsed(written: str, expanded: str) -> None:
    environ = {"TOKEN": "abc", "EMPTY": "", "NESTED": "${TOKEN}"}
    assert slack_url(f"{{name: ops, slack: {{url: '{written}'}}}}", environ) == expanded


def test_a_variable_cannot_change_the_structure_of_the_file() -> None:
    [problem] = rule_problems(text("{name: ops, slack: {url: '${U}'}}"), {"U": "x}, console: {"})
    assert problem.startswith("rules.yaml:4:")


def test_references_work_in_the_route_and_not_in_rules() -> None:
    file = rules(
        text("{name: ops, console: {}}").replace(
            "receiver: ops", "receiver: '${WHO}', repeat_interval: '${R:-2h}'"
        ),
        {"WHO": "ops"},
    )
    assert file.route is not None
    assert file.route.receiver == "ops"
    file = rules(text("{name: ops, console: {}}").replace("sent > 5", "'name == \"${WHO}\"'"))
    assert file.rules[0].when is not None
    assert "${WHO}" in file.rules[0].when.text


def test_a_flag_may_come_from_a_variable() -> None:
    [receiver] = rules(
        text("{name: ops, send_resolved: '${R}', console: {}}"), {"R": "false"}
    ).receivers
    assert not receiver.send_resolved


@pytest.mark.parametrize(
    ("receiver", "expected"),
    [
        ("{console: {}}", 'rules.yaml:4:5: a receiver needs "name"'),
        ("{name: ops}", f"rules.yaml:4:5: a receiver needs one of {listed(INTEGRATIONS)}"),
        ("{name: '#ops', console: {}}", 'name: "#ops" cannot be a receiver\'s name'),
        ("{name: ops, slak: {url: x}}", '"slak" (did you mean "slack"?)'),
        (
            "{name: ops, fallback: other, console: {}}",
            'rules.yaml:4:27: fallback: there is no receiver "other" (there are ops)',
        ),
        (
            "{name: ops, fallback: ops, console: {}}",
            "rules.yaml:4:27: fallback: is the receiver itself",
        ),
        (
            "{name: ops, fallback_after: 5m, console: {}}",
            "rules.yaml:4:17: fallback_after without fallback",
        ),
        (
            (
                "{name: ops, fallback: b, console: {}}\n  - {name: b, fallback: c, console: {}}\n"
                "  - {name: c, fallback: ops, console: {}}"
            ),
            "rules.yaml:4:27: fallback: comes back to where it began: ops → b → c → ops",
        ),
        (
            "{name: ops, console: {}, slack: {url: 'https://a.example.org'}}",
            "a receiver has console or slack, not both",
        ),
        (
            "{name: ops, slack: 'https://a.example.org/very-secret'}",
            "slack: expected its options as a mapping, found a text",
        ),
        (
            "{name: ops, slack: {}}",
            (
                'rules.yaml:4:17: slack needs "url" (or url_file: the file that holds it; or '
                "bot_token and channel)"
            ),
        ),
        ("{name: ops, slack:}", 'slack needs "url"'),
        ("{name: ops, slack: {url: 'https://a.example.org', chanel: x}}", 'slack has no "chanel"'),
        ("{name: ops, console: {colour: red}}", 'console has no "colour" (it has no options)'),
        ("{name: ops, slack: {url: 5}}", "rules.yaml:4:30: slack: url: expected a text in quotes"),
        (
            "{name: ops, webhook: {url: 'https://a.example', secret: 5}}",
            "secret: expected a text in quotes, or a list of such",
        ),
        (
            "{name: ops, webhook: {url: 'https://a.example', secret: []}}",
            "secret: expected a list of 1 or more",
        ),
        (
            "{name: ops, webhook: {url: 'https://a.example', headers: [a]}}",
            "headers: expected a mapping",
        ),
        (
            "{name: ops, webhook: {url: 'https://a.example', max_bytes: 1.5}}",
            "max_bytes: expected a whole number",
        ),
        (
            "{name: ops, webhook: {url: 'https://a.example', max_bytes: 5}}",
            "max_bytes: expected 1000 or more",
        ),
        (
            "{name: ops, slack: {url: very-secret}}",
            "rules.yaml:4:30: slack: url is not a web address",
        ),
        (
            "{name: ops, webhook: {url: 'https://a.example.org', secret: 'whsec_???very-secret'}}",
            "begins with whsec_",
        ),
        (
            "{name: ops, slack: {url: '${UNSET}/very-secret'}}",
            "rules.yaml:4:31: ${UNSET} is not set",
        ),
        ("{name: ops, slack: {url: 'https://a.example.org/${'}}", "a reference is written ${NAME}"),
        (
            "{name: ops, slack: {url: 'https://a.example.org/${1A}'}}",
            "rules.yaml:4:53: a reference is written ${NAME}",
        ),
        ("{name: ops, send_resolved: maybe, console: {}}", "send_resolved: expected true or false"),
        (
            "{name: ops, slack: {url: 'http://a.example.org/very-secret'}}",
            "slack would send a secret over plain HTTP",
        ),
        ("very-secret", "receivers: expected a mapping, found a text"),
        (
            "{name: ops, console: {}}\n  - {name: ops, console: {}}",
            'rules.yaml:5:12: a receiver named "ops" is there already',
        ),
    ],
)
def test_a_wrong_receiver_is_refused_with_its_place_and_no_secret(
    receiver: str, expected: str
) -> None:
    found = rule_problems(text(receiver))
    assert expected in found[0], found
    assert "very-secret" not in "".join(found)


def test_an_empty_variable_is_an_error_of_its_own() -> None:
    assert "${E} is empty" in rule_problems(text("{name: ops, slack: {url: '${E}'}}"), {"E": ""})[0]


def test_what_a_variable_holds_is_in_no_message() -> None:
    for url in (
        "not-a-url-very-secret",
        "http://a.example.org/very-secret",
        "https://a b/very-secret",
        "ftp://very-secret",
    ):
        found = rule_problems(text("{name: ops, slack: {url: '${U}'}}"), {"U": url})
        assert "very-secret" not in "".join(found)


@pytest.mark.parametrize(
    "receiver",
    ["slack: {url: 'http://a.example.org/x'}", "webhook: {url: 'http://a.example.org/x'}"],
)
def test_allowed_plain_http_gives_no_warning(receiver: str) -> None:
    assert rules(text(f"{{name: ops, {receiver}}}"), allow_insecure_http=True).warnings == ()


def test_plain_http_without_a_secret_is_a_warning_and_to_loopback_nothing() -> None:
    [warning] = rules(text("{name: ops, webhook: {url: 'http://a.example.org/x'}}")).warnings
    assert str(warning).startswith("rules.yaml:4:32: webhook: plain HTTP")
    assert str(warning).endswith("(use https://, or set BSG_ALLOW_INSECURE_HTTP=1 if it must be)")
    assert (
        rules(text("{name: ops, webhook: {url: 'http://127.0.0.1:1/x', secret: a}}")).warnings == ()
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "url"
    path.write_text(f"{URL}\n")
    path.chmod(0o600)
    (tmp_path / "rules.yaml").write_text(text("{name: ops, slack: {url_file: url}}"))
    return path


def test_a_secret_may_stand_in_a_file_beside_the_rules(file: Path) -> None:
    loaded = rules_in(file.with_name("rules.yaml"))
    options = loaded.receivers[0].options
    assert isinstance(options, SlackOptions)
    assert options.url.get_secret_value() == URL
    assert loaded.warnings == ()


def test_the_path_of_a_secret_file_may_be_absolute_and_come_from_a_variable(file: Path) -> None:
    assert slack_url("{name: ops, slack: {url_file: '${F}'}}", {"F": str(file)}) == URL


def test_a_secret_file_that_everyone_can_read_is_a_warning(file: Path) -> None:
    file.chmod(0o644)
    [warning] = rules_in(file.with_name("rules.yaml")).warnings
    assert "every user of this machine can read" in str(warning)
    assert "very-secret" not in str(warning)


def test_a_secret_file_that_is_missing_is_one_error(file: Path) -> None:
    file.unlink()
    with pytest.raises(ConfigError) as caught:
        rules_in(file.with_name("rules.yaml"))
    [problem] = caught.value.problems
    assert "url_file: " in str(problem)
    assert "does not exist" in str(problem)
    assert problem.place is not None
    assert problem.place.line == 4


def test_a_wrong_secret_from_a_file_is_not_shown(file: Path) -> None:
    file.write_text("not an address: very-secret")
    with pytest.raises(ConfigError) as caught:
        rules_in(file.with_name("rules.yaml"))
    assert "very-secret" not in str(caught.value)
    assert "rules.yaml:4:" in str(caught.value)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("{url: 'https://a.example.org', url_file: x}", "url and url_file are both there"),
        ("{url_file: 5}", "url_file: expected the path of a file"),
        ('{url_file: "a\\0b"}', "expected a path"),
        ("{uri_file: x}", '(did you mean "url_file"?)'),
    ],
)
def test_a_wrong_secret_file_is_refused(options: str, expected: str) -> None:
    assert expected in "".join(rule_problems(text(f"{{name: ops, slack: {options}}}")))


def test_a_fallback_of_a_fallback_is_fine_and_counts_as_used() -> None:
    file = rules(
        text(
            "{name: ops, fallback: pager, fallback_after: 5m, console: {}}\n"
            "  - {name: pager, fallback: mail, console: {}}\n"
            "  - {name: mail, console: {}}"
        )
    )
    assert [(each.name, each.fallback) for each in file.receivers] == [
        ("ops", "pager"),
        ("pager", "mail"),
        ("mail", None),
    ]
    assert [each.fallback_after.total_seconds() for each in file.receivers] == [300, 900, 900]
    assert file.warnings == ()


def test_a_circle_of_fallbacks_is_told_once() -> None:
    circle = "{name: ops, fallback: b, console: {}}\n  - {name: b, fallback: ops, console: {}}"
    assert len([each for each in rule_problems(text(circle)) if "fallback" in each]) == 1


def test_a_chain_that_leads_into_a_circle_names_the_circle() -> None:
    chain = (
        "{name: ops, fallback: b, console: {}}\n  - {name: b, fallback: c, console: {}}\n  - "
        "{name: c, fallback: b, console: {}}"
    )
    [problem] = rule_problems(text(chain))
    assert "b → c → b" in problem
