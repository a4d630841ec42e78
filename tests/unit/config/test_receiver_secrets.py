"""Secrets of receivers that are not a URL: from variables and files, and in no message."""

from pathlib import Path

import pytest

from monitor.notify.alertmanager.notifier import AlertmanagerOptions
from monitor.notify.pagerduty.notifier import PagerDutyOptions
from monitor.notify.telegram.notifier import TelegramOptions
from tests.rules import rules_in
from tests.unit.config.conftest import rule_problems, rules

KEY = "verysecret0123456789012345678901"
TOKEN = "123456:very-secret-token"


def text(receiver: str) -> str:
    return (
        f"rules:\n  - {{alert: A, when: sent > 5}}\nreceivers:\n  - "
        f"{{name: ops, {receiver}}}\nroute: {{receiver: ops}}\n"
    )


def from_file(folder: Path, receiver: str, secret: str) -> object:
    (folder / "secret").write_text(f"{secret}\n")
    (folder / "secret").chmod(0o600)
    (folder / "rules.yaml").write_text(text(receiver))
    loaded = rules_in(folder / "rules.yaml")
    assert loaded.warnings == ()
    assert "secret0" not in repr(loaded.receivers)
    return loaded.receivers[0].options


def test_the_key_of_pagerduty_may_stand_in_a_file(tmp_path: Path) -> None:
    options = from_file(tmp_path, "pagerduty: {routing_key_file: secret}", KEY)
    assert isinstance(options, PagerDutyOptions)
    assert options.routing_key.get_secret_value() == KEY


def test_the_token_of_telegram_may_stand_in_a_file(tmp_path: Path) -> None:
    options = from_file(tmp_path, "telegram: {token_file: secret, chat_id: -100}", TOKEN)
    assert isinstance(options, TelegramOptions)
    assert options.token.get_secret_value() == TOKEN


def test_the_peers_of_alertmanager_and_their_token_may_stand_in_files(tmp_path: Path) -> None:
    (tmp_path / "peers").write_text("https://am-0.example:9093\nhttps://am-1.example:9093\n")
    (tmp_path / "peers").chmod(0o600)
    options = from_file(tmp_path, "alertmanager: {urls_file: peers, bearer_file: secret}", KEY)
    assert isinstance(options, AlertmanagerOptions)
    assert len(options.urls) == 2
    assert options.sent_headers() == {"Authorization": f"Bearer {KEY}"}


def test_numbers_may_come_from_variables() -> None:
    environ = {"TOKEN": TOKEN, "CHAT": "-1001234567890", "TOPIC": "7"}
    file = rules(
        text("telegram: {token: '${TOKEN}', chat_id: '${CHAT}', message_thread_id: '${TOPIC}'}"),
        environ,
    )
    options = file.receivers[0].options
    assert isinstance(options, TelegramOptions)
    assert (options.chat_id, options.message_thread_id) == ("-1001234567890", 7)


@pytest.mark.parametrize(
    ("receiver", "expected"),
    [
        (
            "pagerduty: {}",
            'pagerduty needs "routing_key" (or routing_key_file: the file that holds it)',
        ),
        (
            "pagerduty: {routing_key: very-secret}",
            "routing_key is not an integration key of Events API v2",
        ),
        ("telegram: {token: very-secret, chat_id: 5}", "token is not the token of a bot"),
        (f"telegram: {{token: '{TOKEN}', chat_id: no one}}", "chat_id is not a chat"),
        ("alertmanager: {urls: [very-secret]}", "is not a web address"),
        ("alertmanager: {url: 'http://am:9093'}", '(did you mean "urls"?)'),
        (
            "alertmanager: {urls: 'https://am:9093', bearer: Bearer very-secret}",
            "bearer contains a space; expected the token alone",
        ),
        (
            "alertmanager: {urls: ['https://am', 'https://u:very-secret@am'], bearer: abc}",
            "urls contains a user and password, and bearer is there; keep one",
        ),
        (
            "alertmanager: {urls: 'http://am:9093', bearer: very-secret}",
            "alertmanager would send a secret over plain HTTP",
        ),
        (
            "discord: {url: 'http://a.example/very-secret'}",
            "discord would send a secret over plain HTTP",
        ),
        (
            "teams: {url: 'http://a.example/very-secret'}",
            "teams would send a secret over plain HTTP",
        ),
        (
            f"telegram: {{token: '{TOKEN}', chat_id: 5, url: 'http://a.example'}}",
            "telegram would send a secret over plain HTTP",
        ),
    ],
)
def test_a_wrong_receiver_is_refused_and_no_secret_shown(receiver: str, expected: str) -> None:
    found = "\n".join(rule_problems(text(receiver)))
    assert expected in found
    assert "very-secret" not in found


@pytest.mark.parametrize(
    ("receiver", "environ", "doubt"),
    [
        ("discord: {url: 'https://a.example/h$$very-secret'}", {}, "$$ stands for one dollar here"),
        (
            "webhook: {url: 'https://a.example', bearer: '${T}'}",
            {"T": '"very-secret"'},
            "webhook: bearer has quotes around it",
        ),
        (
            "webhook: {url: 'https://a.example', headers: {X-A: '${T}'}}",
            {"T": "'very-secret'"},
            "headers has quotes around it",
        ),
        (
            "webhook: {url: 'https://a.example', basic: {username: m, password: '${T}'}}",
            {"T": "'very-secret'"},
            "webhook: basic.password has quotes around it",
        ),
    ],
)
def test_a_secret_that_is_nearly_right_is_a_doubt(
    receiver: str, environ: dict[str, str], doubt: str
) -> None:
    [warning] = rules(text(receiver), environ).warnings
    assert doubt in str(warning)
    assert "very-secret" not in str(warning)


@pytest.mark.parametrize("dollars", ["$", "$$$$", "$${X}", "$$$"])
def test_dollars_that_can_only_be_meant_are_no_doubt(dollars: str) -> None:
    assert rules(text(f"discord: {{url: 'https://a.example/h{dollars}x'}}")).warnings == ()


def test_blanks_that_a_file_loses_are_a_doubt(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f" {KEY} \n")
    (tmp_path / "secret").chmod(0o600)
    (tmp_path / "rules.yaml").write_text(text("pagerduty: {routing_key_file: secret}"))
    [warning] = rules_in(tmp_path / "rules.yaml").warnings
    assert "secret holds blanks around the secret, which are left out" in str(warning)


def test_an_alertmanager_without_a_secret_in_the_clear_is_a_warning() -> None:
    [warning] = rules(
        text("alertmanager: {urls: ['http://am-0:9093', 'http://am-1:9093']}")
    ).warnings
    assert "plain HTTP" in str(warning)
