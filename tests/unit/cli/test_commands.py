"""The command line as a whole: help, versions, fields, test messages."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from monitor import __version__
from monitor.domain.fields.catalogue import FIELDS, fields_markdown
from tests.unit.cli.conftest import RULES, Invoke

COMMANDS = (
    "run once init check doctor config demo simulate alerts events "
    "ack backup explain route backtest schema fields list test notify-test campaigns outbox silence"
)


def test_help_names_every_command_and_the_exit_codes(invoke: Invoke) -> None:
    done = invoke("--help")
    assert done.exit_code == 0
    listed = done.stdout.partition("Commands:\n")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in listed.splitlines()] == COMMANDS.split()
    assert "..." not in listed  # nothing was cut short
    assert "Exit codes:" in done.stdout


@pytest.mark.parametrize(
    "command",
    [
        *COMMANDS.split(),
        "campaigns list",
        "campaigns show",
        "outbox list",
        "outbox show",
        "outbox retry",
        "outbox drop",
        "silence add",
        "silence list",
        "silence expire",
    ],
)
def test_every_command_explains_itself(invoke: Invoke, command: str) -> None:
    done = invoke(*command.split(), "--help")
    assert done.exit_code == 0
    assert "Usage: bsg-monitor" in done.stdout


def test_the_version_is_printed(invoke: Invoke) -> None:
    assert invoke("--version").stdout == f"bsg-monitor {__version__}\n"


def test_a_mistyped_command_is_wrong_use_with_a_suggestion(invoke: Invoke) -> None:
    done = invoke("campains")
    assert done.exit_code == 2
    assert "'campaigns'" in done.stderr


def test_fields_lists_every_field(invoke: Invoke) -> None:
    rows = json.loads(invoke("fields", "--json").stdout)
    assert [(row["scope"], row["field"]) for row in rows] == [
        (scope, name) for scope, table in FIELDS.items() for name in table
    ]
    status = next(row for row in rows if row["field"] == "status")
    assert "sending" in status["values"]


def test_fields_are_filtered_by_scope(invoke: Invoke) -> None:
    rows = json.loads(invoke("fields", "--scope", "account", "--json").stdout)
    assert {row["scope"] for row in rows} == {"account"}
    assert invoke("fields", "--scope", "planet").exit_code == 2


def test_the_help_of_fields_names_every_scope(invoke: Invoke) -> None:
    text = " ".join(invoke("fields", "--help").stdout.split())
    listed = text.partition("Only this scope: ")[2].partition(".")[0]
    assert re.split(", | or ", listed) == list(FIELDS)


def test_fields_in_markdown_are_those_of_the_documentation(invoke: Invoke) -> None:
    assert invoke("fields", "--markdown").stdout == fields_markdown()
    assert invoke("fields", "--markdown", "--json").exit_code == 2


class Hook(HTTPServer):
    """A webhook receiver that answers `status` and remembers what it was sent."""

    status = 200
    bodies: list[bytes]


class Answer(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_HEAD(self) -> None:
        self.send_response(404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Silence."""


@pytest.fixture
def hook(folder: Path) -> Iterator[Hook]:
    server = Hook(("127.0.0.1", 0), Answer)
    server.bodies = []
    url = f"http://127.0.0.1:{server.server_port}/hooks/s3cr3t-path"
    (folder / "rules.yaml").write_text(RULES.replace("console: {}", f'webhook: {{url: "{url}"}}'))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_test_message_is_marked_and_delivered(invoke: Invoke, hook: Hook) -> None:
    done = invoke("notify-test", "desk")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("desk (webhook): delivered in ")
    assert done.stdout.endswith(" s (HTTP 200 OK)\n")
    (body,) = hook.bodies
    assert json.loads(body)["notification_reason"] == "test"


def test_the_link_of_a_test_message_leads_to_a_page_that_there_is(
    invoke: Invoke, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BSG_EXTERNAL_URL", "https://monitor.example.org/bsg")
    assert invoke("notify-test", "desk").exit_code == 0
    (alert,) = json.loads(hook.bodies[0])["alerts"]
    assert alert["generatorURL"] == "https://monitor.example.org/bsg/"


def test_a_test_message_that_was_refused_says_why(invoke: Invoke, hook: Hook) -> None:
    hook.status = 410
    done = invoke("notify-test", "desk")
    assert done.exit_code == 1
    assert "gone" in done.stderr
    assert "s3cr3t" not in done.stderr
    record = json.loads(invoke("notify-test", "desk", "--json").stdout)
    assert (record["delivered"], record["reason"], record["retryable"]) == (False, "gone", False)
    assert record["http_statuses"] == [410]


def test_a_test_message_on_the_console_does_not_spoil_the_json(invoke: Invoke) -> None:
    done = invoke("notify-test", "desk", "--json")
    assert json.loads(done.stdout)["delivered"] is True
    assert "TEST" in done.stderr


def test_a_test_message_to_an_unknown_receiver_names_the_receivers_there_are(
    invoke: Invoke,
) -> None:
    done = invoke("notify-test", "desc")
    assert done.exit_code == 2
    assert "there are: desk" in done.stderr


def test_check_online_reaches_receivers_without_sending_them_anything(
    invoke: Invoke, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BSG_API_URL", "http://127.0.0.1:9")
    done = invoke("check", "--online")
    assert done.exit_code == 1  # there is no provider
    assert "account default: " in done.stderr
    assert "receiver desk (webhook) can be reached" in done.stdout
    assert hook.bodies == []


def test_check_online_says_which_receiver_cannot_be_reached(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BSG_API_URL", "http://127.0.0.1:9")
    (folder / "rules.yaml").write_text(
        RULES.replace("console: {}", 'webhook: {url: "http://127.0.0.1:9/s3cr3t"}')
    )
    done = invoke("check", "--online")
    assert done.exit_code == 1
    assert "receiver desk (webhook): could not connect: " in done.stderr
    assert "s3cr3t" not in done.stderr


def test_once_that_could_not_read_exits_with_2(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BSG_API_URL", "http://127.0.0.1:9")
    done = invoke("once", "--json")
    assert done.exit_code == 2
    assert len(json.loads(done.stdout)["failures"]) == 2
    assert done.stderr.count("could not read default/") == 2
    assert all(
        line.startswith("error: ") for line in done.stderr.splitlines()
    )  # nothing of the log


def test_a_one_shot_command_logs_what_it_was_told_to(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BSG_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("BSG_LOG_LEVEL", "warning")
    assert "login_failed" in invoke("once").stderr


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_doubts_at_the_start_of_run_are_events_where_logs_are_json(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, log_format: str
) -> None:
    monkeypatch.setenv("BSG_POLL_INTERVALL", "5s")
    monkeypatch.setenv("BSG_LOG_FORMAT", log_format)
    monkeypatch.setenv("BSG_DATABASE_URL", "sqlite:///no/such/folder.db")  # so that it ends at once
    done = invoke("run")
    assert done.exit_code == 1
    first = done.stderr.splitlines()[0]
    if log_format == "console":
        assert first.startswith("warning: BSG_POLL_INTERVALL is not a setting")
    else:
        event = json.loads(first)
        assert (event["level"], event["event"]) == ("warning", "configuration_doubtful")
        assert event["doubt"] == "BSG_POLL_INTERVALL is not a setting"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--scenario", "no-such"),
        ("--scenario", "./no-such.yaml"),
        ("--scenario", "healthy", "--campaigns", "5"),
        ("--fault", "explosion=5%"),
        ("--error-rate", "2"),
        ("--latency", "slow"),
    ],
)
def test_a_simulation_that_makes_no_sense_is_wrong_use(
    invoke: Invoke, arguments: tuple[str, ...]
) -> None:
    done = invoke("simulate", "--port", "0", *arguments)
    assert done.exit_code == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "advice"),
    [("demo", "give --port another one"), ("simulate", "--host and --port take others")],
)
def test_a_port_in_use_is_told_with_the_option_that_changes_it(
    invoke: Invoke, command: str, advice: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = invoke(command, "--port", str(port))
    assert done.exit_code == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(
        f"error: cannot listen on 127.0.0.1:{port}: the port is in use, perhaps by another "
        "monitor; "
    )
    assert advice in line
    assert "BSG_LISTEN" not in line
