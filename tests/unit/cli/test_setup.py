"""`init`, `check`, `config`: a start that works, every mistake at once, and no secret shown."""

import json
import stat
from pathlib import Path

import pytest

from tests.unit.cli.conftest import RULES, Invoke


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_init_writes_files_that_pass_the_check(invoke: Invoke, folder: Path) -> None:
    (folder / "rules.yaml").unlink()
    done = invoke("init")
    assert done.exit_code == 0
    assert "wrote rules.yaml\nwrote .env\nwrote rules.schema.json\n" in done.stdout
    assert mode(folder / ".env") == 0o600
    assert invoke("check").exit_code == 0


def test_init_makes_the_directory(invoke: Invoke, folder: Path) -> None:
    assert invoke("init", "--directory", "deep/er").exit_code == 0
    assert {path.name for path in (folder / "deep/er").iterdir()} == {
        "rules.yaml",
        ".env",
        "rules.schema.json",
    }


def test_the_schema_that_init_writes_is_the_one_that_the_rules_name_and_the_command_prints(
    invoke: Invoke, folder: Path
) -> None:
    (folder / "rules.yaml").unlink()
    invoke("init")
    first = (folder / "rules.yaml").read_text().splitlines()[0]
    named = folder / first.removeprefix("# yaml-language-server: $schema=")
    assert named.read_text() == invoke("schema").stdout
    assert json.loads(named.read_text())["title"] == "rules.yaml of bsg-monitor"
    assert "schema" not in invoke("check").stdout
    named.write_text("{}")
    assert (
        "note: the rules.schema.json beside it is another version's; `bsg-monitor schema` prints "
        "this one's\n" in (invoke("check").stdout)
    )


def test_init_keeps_what_is_there(invoke: Invoke, folder: Path) -> None:
    (folder / "rules.yaml").write_text("mine")
    done = invoke("init")
    assert done.exit_code == 0
    assert "kept rules.yaml" in done.stderr
    assert (folder / "rules.yaml").read_text() == "mine"
    done = invoke("init")
    assert done.exit_code == 1
    assert "--force" in done.stderr
    assert (folder / "rules.yaml").read_text() == "mine"


def test_init_forced_overwrites_and_closes_the_file_to_others(invoke: Invoke, folder: Path) -> None:
    (folder / ".env").write_text("mine")
    (folder / ".env").chmod(0o644)
    assert invoke("init", "--force").exit_code == 0
    assert mode(folder / ".env") == 0o600
    assert "BSG_API_KEY" in (folder / ".env").read_text()


def test_init_does_not_write_through_a_link(invoke: Invoke, folder: Path) -> None:
    (folder / "elsewhere").write_text("mine")
    (folder / ".env").symlink_to(folder / "elsewhere")
    assert invoke("init", "--force").exit_code == 0
    assert (folder / "elsewhere").read_text() == "mine"


def test_init_says_why_it_cannot_write(invoke: Invoke, folder: Path) -> None:
    (folder / "file").write_text("")
    done = invoke("init", "--directory", "file")
    assert done.exit_code == 1
    assert done.stderr == "error: cannot write to file: File exists\n"


def test_check_counts_what_it_found_right_and_says_when_the_console_alone_is_told(
    invoke: Invoke, folder: Path
) -> None:
    note = (
        "note: messages go to the console only; to reach people add a receiver (email, slack, "
        "webhook, …) to the rules file and name it in its routes\n"
    )
    done = invoke("check")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "ok: 1 rule, 1 receiver\n" + note, "")
    hook = '  - name: ops\n    webhook: {url: "https://hooks.example.org/1"}\nroute:'
    rules = RULES.replace("route:", hook)
    (folder / "rules.yaml").write_text(rules)  # not in any route
    assert note in invoke("check").stdout
    (folder / "rules.yaml").write_text(
        rules + "  routes:\n    - matchers: ['severity=\"critical\"']\n      receiver: ops\n"
    )
    done = invoke("check")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "ok: 1 rule, 2 receivers\n", "")


def test_a_dotenv_that_every_user_may_read_is_a_warning(invoke: Invoke, folder: Path) -> None:
    (folder / ".env").write_text("SLACK_WEBHOOK=https://hooks.example.org/1\n")
    (folder / ".env").chmod(0o644)
    done = invoke("check")
    assert done.exit_code == 0
    assert (
        "warning: .env: every user of this machine can read the secrets in .env (chmod 600 .env)\n"
        in done.stderr
    )


def test_check_finds_every_mistake_in_settings_and_rules_at_once(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BSG_API_KEY")
    (folder / "rules.yaml").write_text(
        "rules:\n  - alert: A\n    when: sennt > 10\n    summary: x\n  - alert: B\n    when: sent "
        "> 'x'\n    summary: x\n"
    )
    done = invoke("check")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "BSG_API_KEY" in done.stderr
    said = 'rules.yaml:3:11: error: when: there is no field "sennt" (did you mean "sent"?)'
    assert f"\n{said}\n      when: sennt > 10\n            ^^^^^\n" in done.stderr
    assert "rules.yaml:6:" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_settings_hide_no_wrong_rule(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "rules.yaml").write_text(RULES.replace("start_delay", "start_dellay"))
    monkeypatch.setenv("BSG_POLL_INTERVAL", "fast")
    monkeypatch.setenv("BSG_ALLOW_INSECURE_HTTP", "perhaps")
    for command in ("check", "run", "once"):
        done = invoke(command)
        assert done.exit_code == 2
        told = [line for line in done.stderr.splitlines() if "error: " in line]
        places = [
            "error: BSG_ALLOW_INSECURE_HTTP: ",
            "error: BSG_POLL_INTERVAL: ",
            "rules.yaml:3:37: error: ",
        ]
        assert [line.startswith(place) for line, place in zip(told, places, strict=True)] == [
            True
        ] * 3, done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("BSG_RULES_FILE", "~no-such-user/rules.yaml"), ("BSG_POLL_INTERVAL", "fast")],
)
def test_rules_that_wrong_settings_do_not_lead_to_are_no_mistake_of_their_own(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    (folder / "rules.yaml").unlink()
    monkeypatch.setenv(name, value)
    done = invoke("check")
    assert done.exit_code == 2
    assert [line.split(":")[1] for line in done.stderr.splitlines()] == [f" {name}"]


def test_check_tells_programs_where_each_problem_is(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "rules.yaml").write_text(RULES.replace("start_delay", "start_dellay"))
    monkeypatch.setenv("BSG_LISTEN", "nowhere")
    done = invoke("check", "--json")
    assert (done.exit_code, done.stderr) == (2, "")
    told = json.loads(done.stdout)
    assert (told["ok"], told["rules"], told["receivers"], told["online"]) == (
        False,
        None,
        None,
        None,
    )
    setting, rule = told["problems"]
    assert (setting["severity"], setting["file"], setting["variable"]) == (
        "error",
        None,
        "BSG_LISTEN",
    )
    assert rule == {
        "severity": "error",
        "file": "rules.yaml",
        "variable": None,
        "line": 3,
        "column": 37,
        "end_column": 49,
        "message": 'when: there is no field "start_dellay"',
        "hint": 'did you mean "start_delay"?',
        "excerpt": '    when: status == "scheduled" and start_dellay > "10m"',
    }


def test_check_tells_programs_of_warnings_and_what_could_be_reached(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "rules.yaml").write_text(RULES.replace("critical", "critcal"))
    monkeypatch.setenv("BSG_API_URL", "http://127.0.0.1:9")
    done = invoke("check", "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, done.stderr, told["ok"], told["rules"], told["receivers"]) == (
        0,
        "",
        True,
        1,
        1,
    )
    assert [(each["severity"], each["line"], each["hint"]) for each in told["problems"]] == [
        ("warning", 4, 'did you mean "critical"?')
    ]
    done = invoke("check", "--json", "--online")
    told = json.loads(done.stdout)
    assert (done.exit_code, done.stderr, told["ok"]) == (1, "", False)
    assert [(each["what"], each["ok"]) for each in told["online"]] == [
        ("account default", False),
        ("receiver desk (console)", True),
    ]


def test_wrong_settings_are_named_with_what_was_expected(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BSG_POLL_INTERVAL", "often")
    monkeypatch.setenv("BSG_LISTEN", "nowhere")
    for command in (["check"], ["run"], ["once"], ["config"], ["campaigns"]):
        done = invoke(*command)
        assert done.exit_code == 2
        assert "BSG_POLL_INTERVAL" in done.stderr
        assert "BSG_LISTEN" in done.stderr
        assert "Traceback" not in done.stderr


def test_warnings_are_shown_and_do_no_harm(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BSG_POLL_INTERVALL", "5s")
    done = invoke("check")
    assert done.exit_code == 0
    assert "warning: " in done.stderr
    assert "BSG_POLL_INTERVAL" in done.stderr


def test_config_shows_values_and_origins_and_no_secret(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BSG_READ_TOKEN", "a-read-token-of-mine")
    (folder / "settings.yaml").write_text("poll_interval: 90s\n")
    done = invoke("--config", "settings.yaml", "config", "--json")
    assert done.exit_code == 0
    rows = {row["setting"]: row for row in json.loads(done.stdout)}
    assert rows["BSG_POLL_INTERVAL"]["value"] == "1m30s"
    assert "settings.yaml" in rows["BSG_POLL_INTERVAL"]["origin"]
    assert rows["BSG_LISTEN"] == {
        "setting": "BSG_LISTEN",
        "value": "127.0.0.1:9780",
        "origin": "default",
    }
    for output in (done.stdout, invoke("config").stdout):
        assert "a-read-token-of-mine" not in output
        assert "live_0123456789abcdef" not in output


def test_config_works_without_an_account(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BSG_API_KEY")
    assert invoke("config").exit_code == 0


def test_a_missing_database_is_told_in_words(invoke: Invoke) -> None:
    for command in (["campaigns"], ["alerts"], ["events"], ["outbox", "list"]):
        done = invoke(*command)
        assert done.exit_code == 1
        assert done.stderr.startswith("error: ")
        assert "bsg-monitor.db" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_database_that_is_none_is_told_in_words(invoke: Invoke, folder: Path) -> None:
    (folder / "bsg-monitor.db").write_bytes(b"not a database at all" * 100)
    done = invoke("campaigns")
    assert done.exit_code == 1
    assert "Traceback" not in done.stderr


def test_check_and_doctor_say_which_rules_cannot_fire_while_no_details_are_read(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "rules.yaml").write_text(
        RULES.replace('"10m"\n', '"10m" and expired > 5\n    detail: true\n')
    )
    for command in (["check"], ["doctor", "--offline", "--json"]):
        monkeypatch.setenv("BSG_DETAILS_PER_MINUTE", "20")
        assert "asks for details" not in invoke(*command).output
        monkeypatch.setenv("BSG_DETAILS_PER_MINUTE", "0")
        said = invoke(*command).output.replace("\n", " ")
        assert "Late asks for details, which are never read: it cannot fire" in said
        assert "set BSG_DETAILS_PER_MINUTE" in said
