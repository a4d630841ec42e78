"""`doctor` as a user calls it."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import RULES, Invoke

pytestmark = pytest.mark.usefixtures("quiet_port")


@pytest.fixture
def quiet_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other monitor is found at the default port."""
    monkeypatch.setenv("BSG_LISTEN", "127.0.0.1:0")


@pytest.mark.usefixtures("filled")
def test_an_installation_without_problems_exits_with_0_whatever_the_warnings(
    invoke: Invoke,
) -> None:
    done = invoke("doctor", "--offline", "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 0, found
    assert {each["level"] for each in found} == {"ok", "warning"}
    assert [each["subject"] for each in found][:4] == [
        "configuration",
        "program",
        "files",
        "database",
    ]
    assert found[0]["message"] == "settings and rules are right: 1 account, 1 rule, 1 receiver"
    assert {"receiver ops", "daemon"} <= {
        each["subject"] for each in found if each["level"] == "warning"
    }
    assert all(each["advice"] for each in found if each["level"] == "warning")


@pytest.mark.usefixtures("filled")
def test_a_problem_exits_with_1(invoke: Invoke, folder: Path) -> None:
    (folder / "rules.yaml").chmod(0o666)
    done = invoke("doctor", "--offline")
    assert done.exit_code == 1
    assert (
        "problem\tfiles\tevery user of this machine can change the rules file rules.yaml\tchmod "
        "o-w rules.yaml" in done.stdout
    )


def test_wrong_rules_exit_with_2_and_the_rest_is_looked_at_all_the_same(
    invoke: Invoke, folder: Path
) -> None:
    (folder / "rules.yaml").write_text(RULES.replace("start_delay", "start_delai"))
    done = invoke("doctor", "--offline", "--json")
    assert done.exit_code == 2
    found = json.loads(done.stdout)
    assert (found[0]["level"], found[0]["message"]) == (
        "problem",
        'rules.yaml:3:37: when: there is no field "start_delai"',
    )
    assert {"program", "database", "disk", "daemon"} <= {each["subject"] for each in found}


@pytest.mark.parametrize(
    ("setting", "value"), [("BSG_POLL_INTERVAL", "often"), ("BSG_API_KEY", "")]
)
def test_wrong_settings_exit_with_2(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    monkeypatch.setenv(setting, value)
    done = invoke("doctor", "--offline", "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)[0]["subject"] == "configuration"


def test_who_cannot_be_reached_is_told_and_no_secret_is(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BSG_API_URL", "http://127.0.0.1:9")
    (folder / "rules.yaml").write_text(
        RULES.replace("console: {}", 'webhook: {url: "http://127.0.0.1:9/s3cr3t"}')
    )
    done = invoke("doctor")
    assert done.exit_code == 1
    assert (
        "problem\taccount default\tno connection to 127.0.0.1:9: Connection refused" in done.stdout
    )
    assert "problem\treceiver desk\tno connection to its host: Connection refused" in done.stdout
    for secret in ("s3cr3t", "live_0123456789abcdef"):
        assert secret not in done.stdout + done.stderr


@pytest.mark.usefixtures("filled")
def test_on_a_terminal_what_is_wrong_is_followed_by_what_to_do(
    invoke: Invoke, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from monitor.cli.doctor import _print_lines

    _print_lines(
        [
            {"level": "ok", "subject": "disk", "message": "enough", "advice": None},
            {
                "level": "problem",
                "subject": "receiver a\x1b[1m",
                "message": "gone",
                "advice": "look [bold]there[/bold]",
            },
        ]
    )
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "ok      disk: enough",
        "problem receiver a[1m: gone",
        "        → look [bold]there[/bold]",
    ]
