"""What the shell offers after a TAB, asked the way bash and zsh ask."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.cli import app
from tests.unit.cli.conftest import RULES, Invoke

VARIABLE = "_BSG_MONITOR_COMPLETE"


def complete(*words: str) -> list[str]:
    """What bash is offered for the last word."""
    environment = {
        "COMP_WORDS": " ".join(("bsg-monitor", *words)),
        "COMP_CWORD": str(len(words)),
        VARIABLE: "complete_bash",
    }
    done = CliRunner().invoke(app, [], env=environment, prog_name="bsg-monitor")
    assert done.stderr == ""
    return done.stdout.split()


@pytest.fixture(autouse=True)
def _in_folder(folder: Path) -> None:
    """Settings and rules are there."""


def test_commands_are_offered() -> None:
    assert complete("al") == ["alerts"]
    assert {"list", "show", "retry", "drop"} <= set(complete("outbox", ""))


def test_options_are_offered() -> None:
    assert complete("backup", "--fo") == ["--force"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("notify-test", ""), ["desk"]),
        (("outbox", "list", "--receiver", "d"), ["desk"]),
        (("outbox", "list", "--state", "de"), ["delivered", "dead"]),
        (("alerts", "--alert", ""), ["Late"]),
        (("explain", "L"), ["Late"]),
        (("alerts", "--severity", "cr"), ["critical"]),
        (("alerts", "--state", "p"), ["pending"]),
        (("alerts", "--account", ""), ["default"]),
        (("alerts", "--type", "r"), ["rcs"]),
        (("campaigns", "--status", "se"), ["sending"]),
        (("campaigns", "sh"), ["show"]),
        (("campaigns", "--sort", "d"), ["date", "delivered"]),
        (("list", "--sort", "s"), ["sender", "status"]),
        (("list", "--search", "s"), ["sender="]),
        (("events", "--kind", "s"), ["status_changed", "settled"]),
        (("fields", "--scope", "re"), ["receiver"]),
        (("simulate", "--scenario", "h"), ["healthy"]),
        (("silence", "add", "alertname=L"), ["alertname=Late"]),
        (("silence", "add", "severity=c"), ["severity=critical"]),
        (("route", "account=d"), ["account=default"]),
        (("ack", "--matcher", "alertname=L"), ["alertname=Late"]),
        (
            ("silence", "add", "alertname", "=", "L"),
            ["Late"],
        ),  # so bash cuts alertname=L into words
        (("silence", "add", "sender=Shop", "alertname", "=", "L"), ["Late"]),
    ],
)
def test_values_are_offered(words: tuple[str, ...], expected: list[str]) -> None:
    assert complete(*words) == expected


@pytest.mark.usefixtures("filled")
def test_ids_are_offered_from_the_database() -> None:
    assert complete("ack", "") == ["a1"]  # what fires; not what is pending or has ended
    assert complete("campaigns", "show", "") == ["3", "2", "1"]
    assert complete("explain", "") == ["Late", "a1"]
    assert set(complete("explain", "Late", "")) == {
        "1",
        "3",
    }  # of which something fires or is pending
    assert set(complete("outbox", "show", "msg_")) == {"msg_aa1", "msg_aa2", "msg_b", "msg_c"}
    assert set(complete("outbox", "retry", "msg_")) == {"msg_aa1", "msg_aa2", "msg_b"}


@pytest.mark.usefixtures("filled")
def test_what_a_rule_is_asked_about_depends_on_its_scope(folder: Path) -> None:
    more = """
  - {alert: Weak, scope: sender, when: delivery_ratio < 0.5}
  - {alert: Down, scope: account, when: not api_up}
  - {alert: Deaf, scope: receiver, when: waiting > 5}
receivers:"""
    (folder / "rules.yaml").write_text(RULES.replace("\nreceivers:", more))
    assert set(complete("explain", "Weak", "")) == {
        "Shop",
        "Agent",
    }  # and no name that means something to a shell
    assert complete("explain", "Down", "") == ["default"]
    assert complete("explain", "Deaf", "") == ["desk"]


@pytest.mark.usefixtures("filled")
def test_silences_are_offered_until_they_end(invoke: Invoke) -> None:
    invoke("silence", "add", "alertname=Late", "--for", "1h", "--author", "ann")
    (made,) = complete("silence", "expire", "")
    assert complete("silence", "expire", made[:3]) == [made]
    invoke("silence", "expire", made, "--author", "ann")
    assert complete("silence", "expire", "") == []


@pytest.mark.usefixtures("filled")
def test_shells_that_show_more_are_told_what_an_id_is_in_words_that_mean_nothing_to_them() -> None:
    environment = {"_TYPER_COMPLETE_ARGS": "bsg-monitor ack ", VARIABLE: "complete_zsh"}
    said = CliRunner().invoke(app, [], env=environment, prog_name="bsg-monitor").stdout
    assert '"a1":"Late Sale 31m bold red gnp.exe new line"' in said


def test_a_name_cannot_have_a_shell_do_anything(invoke: Invoke, filled: Path) -> None:
    evil = r"\$(touch pwned) `touch pwned` \\$(touch pwned) ';touch pwned;' \";touch pwned;\" [red]"
    added = invoke(
        "silence", "add", "alertname=Late", "--for", "1h", "--author", "ann", "--comment", evil
    )
    assert added.exit_code == 0
    environment = {"_TYPER_COMPLETE_ARGS": "bsg-monitor silence expire ", VARIABLE: "complete_zsh"}
    said = CliRunner().invoke(app, [], env=environment, prog_name="bsg-monitor").stdout
    assert "touch pwned" in said
    assert not set("$`\\;") & set(said.partition("((")[2].rpartition("))")[0])


def test_what_is_wrong_is_not_said_at_a_tab(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert complete("ack", "") == []  # there is no database
    (folder / "rules.yaml").write_text(RULES.replace("when:", "wen:"))
    assert complete("notify-test", "") == []
    assert complete("--config", "/nowhere.yaml", "alerts", "--account", "") == []
    monkeypatch.setenv("BSG_POLL_INTERVAL", "often")
    assert complete("alerts", "--account", "") == []


def test_a_tab_changes_nothing(folder: Path) -> None:
    before = {path.name for path in folder.iterdir()}
    complete("ack", "")
    complete("outbox", "show", "")
    assert {path.name for path in folder.iterdir()} == before
