"""The commands as processes: what a person types, what comes out, how they end."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor.net import PROXY_VARIABLES

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PATIENCE = 60
KEY = "live_commands_key_0123456789"

SCENARIO = """\
seed: 3
balance: {amount: 500, currency: EUR}
campaigns:
  - {name: "Stuck [red]sale", sender: Shop, kind: spam, size: 100, created: -1h, moderation: 3d}
  - {name: "Fine one", sender: Shop, size: 100, created: -2h}
"""

RULES = """\
rules:
  - alert: Spam
    when: status == "spam" and age > "30m"
    for: 1h
    severity: critical
    summary: "{{ campaign.name }} waits"
receivers:
  - name: desk
    console: {}
route:
  receiver: desk
"""


def environment(**more: str) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BSG_")}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "BSG_API_KEY": KEY,
        "BSG_LISTEN": "127.0.0.1:0",
        **more,
    }


def command(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "monitor", *arguments],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@contextmanager
def running(folder: Path, *arguments: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "monitor", *arguments],
        cwd=folder,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    bound = threading.Timer(PATIENCE, process.kill)  # who waits for its next line then sees its end
    bound.start()
    try:
        yield process
    finally:
        bound.cancel()
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=PATIENCE)


def ended(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a process after a signal."""
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "scenario.yaml").write_text(SCENARIO)
    return tmp_path


@contextmanager
def simulated(folder: Path, *options: str) -> Iterator[str]:
    """The URL of `bsg-monitor simulate` on a free port."""
    with running(
        folder, "simulate", "--port", "0", "--scenario", "./scenario.yaml", "--key", KEY, *options
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"http://\S+", said)
        assert found is not None, said
        yield found[0]


def asked(url: str) -> int:
    """How many requests the simulator at this URL has had."""
    with urllib.request.urlopen(f"{url}/_simulator/", timeout=PATIENCE) as answer:
        return int(json.load(answer)["requests"])


def test_help_loads_nothing_that_it_does_not_need() -> None:
    heavy = [
        "aiohttp",
        "structlog",
        "pydantic",
        "pydantic_settings",
        "rich",
        "jinja2",
        "prometheus_client",
        "sqlite3",
        "yaml",
    ]
    code = f"import sys, monitor.cli; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert done.stdout == "[]\n"


def test_once_says_what_would_fire_and_exits_with_1(folder: Path) -> None:
    with simulated(folder) as url:
        done = command(folder, "once", BSG_API_URL=url)
        assert done.returncode == 1, done.stderr
        assert "Spam" in done.stdout  # though `for` is an hour
        assert "Stuck [red]sale waits" in done.stdout
        assert done.stderr == ""
        assert "2 read, 2 watched (live, or ended less than 72 h ago)" in done.stdout
        report = json.loads(command(folder, "once", "--json", BSG_API_URL=url).stdout)
    assert report["counts"]["spam"] == 1
    assert [alert["alertname"] for alert in report["firing"]] == ["Spam"]
    assert (report["campaigns"], report["watched"], report["failures"], report["doubts"]) == (
        2,
        2,
        [],
        [],
    )
    assert not list(folder.glob("*.db*"))


def test_once_says_how_to_see_which_rows_could_not_be_used(folder: Path) -> None:
    with simulated(folder) as url:
        with urllib.request.urlopen(f"{url}/_simulator/campaigns", timeout=PATIENCE) as answer:
            campaign = json.load(answer)[0]["id"]
        spoiled = urllib.request.Request(
            f"{url}/_simulator/campaigns/{campaign}/raw",
            data=b'{"status": ""}',
            headers={"Content-Type": "application/json"},
            method="PUT",
        )
        with urllib.request.urlopen(spoiled, timeout=PATIENCE):
            done = command(folder, "once", BSG_API_URL=url)
            doubt = (
                "1 of 2 rows could not be read with all that is needed (1 row that cannot be used "
                "at all); with BSG_LOG_LEVEL=warning the log says which and why"
            )
            assert done.stderr == f"warning: default/sms: {doubt}\n"
            done = command(folder, "once", BSG_API_URL=url, BSG_LOG_LEVEL="warning")
            assert json.loads(done.stderr.splitlines()[0])["example_campaign_id"] == campaign


def test_once_fails_where_most_rows_cannot_be_read_and_says_how_many_and_why(
    folder: Path,
) -> None:
    odd = ("--fault", "odd_field=100%,field=finished_at,value=30.11.2026 12:00")
    with simulated(folder, *odd) as url:
        done = command(folder, "once", BSG_API_URL=url)
    assert done.returncode == 2
    assert "nothing fires" not in done.stdout  # what was read is judged all the same
    assert done.stderr.startswith(
        "error: could not read default/sms: 2 of 2 rows could not be read with all that is needed "
        '(finished_at of 2 rows, as "30.11.2026 12:00"'
    )


def test_once_exits_with_0_when_nothing_fires(folder: Path) -> None:
    (folder / "rules.yaml").write_text(RULES.replace("30m", "30d"))
    with simulated(folder) as url:
        done = command(folder, "once", BSG_API_URL=url)
    assert done.returncode == 0
    assert "nothing fires" in done.stdout


def test_once_cannot_tell_whether_money_is_short_when_the_balance_cannot_be_read(
    folder: Path,
) -> None:
    quiet = RULES.replace("30m", "30d")
    poor = (
        '  - {alert: Poor, scope: account, when: spendable < 10, summary: "{{ spendable }} left"}\n'
    )
    with simulated(folder, "--fault", "error,path=/api/accounts/balance") as url:
        (folder / "rules.yaml").write_text(quiet)
        assert command(folder, "once", BSG_API_URL=url).returncode == 0  # no rule asks for it
        (folder / "rules.yaml").write_text(quiet.replace("receivers:", f"{poor}receivers:"))
        done = command(folder, "once", BSG_API_URL=url)
    assert done.returncode == 2
    assert done.stderr.startswith(
        "error: could not read default/balance: the provider answered 500"
    )


def test_check_shows_where_in_the_file_it_is_wrong_to_people_and_programs(folder: Path) -> None:
    (folder / "rules.yaml").write_text(
        RULES.replace("age >", "agee >").replace("console: {}", "slack: {url: secret-1, chanel: x}")
    )
    done = command(folder, "check")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        'rules.yaml:3:32: error: when: there is no field "agee" (did you mean "age"?)\n'
        '      when: status == "spam" and agee > "30m"\n'
        "                                 ^^^^\n"
    )
    assert (
        'slack has no "chanel" (did you mean "channel"?)\n      slack: {url: …, chanel: …}\n'
        in done.stderr
    )
    assert "secret-1" not in done.stderr
    told = json.loads(command(folder, "check", "--json").stdout)
    assert (
        told["problems"][0]["file"],
        told["problems"][0]["line"],
        told["problems"][0]["column"],
    ) == ("rules.yaml", 3, 32)
    assert "secret-1" not in json.dumps(told)


def test_init_leaves_rules_with_the_schema_that_they_name(tmp_path: Path) -> None:
    assert command(tmp_path, "init").returncode == 0
    first = (tmp_path / "rules.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=rules.schema.json"
    assert (tmp_path / "rules.schema.json").read_text() == command(tmp_path, "schema").stdout


def test_the_files_of_init_with_slack_as_the_readme_says_pass_check_without_a_warning(
    tmp_path: Path,
) -> None:
    assert command(tmp_path, "init").returncode == 0
    rules, env = tmp_path / "rules.yaml", tmp_path / ".env"
    env.write_text(
        env.read_text()
        .replace("BSG_API_KEY=\n", "BSG_API_KEY=live_0123456789abcdef\n")
        .replace(
            "#SLACK_WEBHOOK_URL=\n", "SLACK_WEBHOOK_URL=https://hooks.slack.com/services/T0/B0/x\n"
        )
    )
    starter = rules.read_text()
    rules.write_text(
        starter.replace("#  - name: ops\n#    slack:", "  - name: ops\n    slack:").replace(
            "receiver: console", "receiver: ops"
        )
    )
    done = command(tmp_path, "check", BSG_API_KEY="")
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok: 25 rules, 2 receivers\n", "")


def test_everything_that_init_leaves_commented_out_passes_check_without_a_warning(
    tmp_path: Path,
) -> None:
    assert command(tmp_path, "init").returncode == 0
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        re.sub(
            r"^#(?=( +- | {4,}\w|  routes:|quiet_hours:))",
            "",
            rules.read_text(),
            flags=re.MULTILINE,
        )
    )
    urls = {
        "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/x",
        "WEBHOOK_SECRET": "whsec_" + "QUJD" * 11,
    }
    done = command(tmp_path, "check", BSG_API_KEY="live_0123456789abcdef", **urls)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok: 25 rules, 3 receivers\n", "")


def test_check_passes_over_what_kubernetes_sets_for_services_that_are_named_like_the_monitor(
    folder: Path,
) -> None:
    injected = {
        f"{service}{end}": value
        for service in ("BSG", "BSG_METRICS")
        for end, value in (
            ("_SERVICE_HOST", "10.0.0.1"),
            ("_SERVICE_PORT", "9780"),
            ("_SERVICE_PORT_HTTP", "9780"),
            ("_PORT", "tcp://10.0.0.1:9780"),
            ("_PORT_9780_TCP", "tcp://10.0.0.1:9780"),
            ("_PORT_9780_TCP_PROTO", "tcp"),
            ("_PORT_9780_TCP_PORT", "9780"),
            ("_PORT_9780_TCP_ADDR", "10.0.0.1"),
        )
    }
    done = command(folder, "check", **injected)
    assert (done.returncode, done.stderr) == (0, "")


def test_check_says_what_a_setting_that_is_true_or_false_expects(folder: Path) -> None:
    done = command(folder, "check", BSG_PUBLIC_READ="perhaps")
    assert done.returncode == 2
    assert "BSG_PUBLIC_READ: expected true or false" in done.stderr


def test_check_online_logs_in(folder: Path) -> None:
    with simulated(folder) as url:
        good = command(folder, "check", "--online", BSG_API_URL=url)
        bad = command(
            folder, "check", "--online", BSG_API_URL=url, BSG_API_KEY="live_another_key_987654321"
        )
    assert good.returncode == 0, good.stderr
    assert "ok: account default can be read" in good.stdout
    assert bad.returncode == 1
    assert "BSG_API_KEY" in bad.stderr
    assert bad.stderr.startswith("error: account default: ")
    assert bad.stderr.count("\n") == 1  # and no log line beside it
    assert "live_another" not in bad.stderr


def test_ctrl_c_ends_a_command_without_a_traceback(folder: Path) -> None:
    with (
        simulated(folder, "--fault", "hang") as url,
        running(folder, "once", BSG_API_URL=url, BSG_LOG_LEVEL="debug") as process,
    ):
        assert process.stderr is not None
        while not asked(url):
            assert process.poll() is None
        code, out, err = ended(process, signal.SIGINT)
    assert code == 130
    assert "Traceback" not in out + err


def test_other_commands_read_what_a_running_daemon_has_found(folder: Path) -> None:
    (folder / "rules.yaml").write_text(RULES.replace("for: 1h", "for: 0s"))
    with (
        simulated(folder) as url,
        running(folder, "run", BSG_API_URL=url, BSG_POLL_INTERVAL="1s") as daemon,
    ):
        assert daemon.stdout is not None
        told = daemon.stdout.readline()  # the console receiver: the first alert has been told
        assert "CRITICAL" in told
        assert "Stuck [red]sale waits" in told
        campaigns = json.loads(command(folder, "campaigns", "--json").stdout)
        alerts = json.loads(command(folder, "alerts", "--json").stdout)
        outbox = json.loads(command(folder, "outbox", "list", "--json").stdout)
        why = command(folder, "explain", "Spam", "stuck")
        why_not = json.loads(command(folder, "explain", "Spam", "fine", "--json").stdout)
        code, _, err = ended(daemon, signal.SIGINT)
    assert "Stuck [red]sale" in {row["name"] for row in campaigns}
    assert [row["state"] for row in alerts] == ["firing"]
    assert [row["receiver"] for row in outbox] == ["desk"]
    assert (why.returncode, why.stderr) == (0, "")
    assert "\nfires since " in why.stdout
    assert '\n  ├ ✓ status == "spam"  status = "spam"\n' in why.stdout
    assert "was told that it fires" in why.stdout
    assert (why_not["standing"], why_not["missing"]["words"]) == (
        "inactive",
        'status is "done", needs to be "spam"',
    )
    assert code == 0, err
    assert "Traceback" not in err, err.replace("\\n", "\n")
    assert command(folder, "alerts").returncode == 0  # also once it has stopped


def test_a_port_in_use_is_said_in_words(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = command(
            folder, "run", BSG_LISTEN=f"127.0.0.1:{port}", BSG_API_URL="http://127.0.0.1:9"
        )
        simulate = command(folder, "simulate", "--port", str(port))
    for done in (run, simulate):
        assert done.returncode == 1
        assert f"error: cannot listen on 127.0.0.1:{port}: " in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_simulator_ends_quietly(folder: Path, number: signal.Signals) -> None:
    with running(folder, "simulate", "--port", "0") as process:
        assert process.stdout is not None
        assert "http://127.0.0.1:" in process.stdout.readline()
        code, _, err = ended(process, number)
    assert (code, err) == (0, "")


def test_the_simulator_deals_out_errors_as_asked(folder: Path) -> None:
    with simulated(folder, "--error-rate", "1") as url:
        done = command(folder, "check", "--online", BSG_API_URL=url)
    assert done.returncode == 1
    assert "account default: " in done.stderr


def test_shell_completion_knows_the_commands(folder: Path) -> None:
    done = command(
        folder, _BSG_MONITOR_COMPLETE="complete_bash", COMP_WORDS="bsg-monitor ou", COMP_CWORD="1"
    )
    assert done.stdout.split() == ["outbox"]


def test_a_locale_without_the_character_is_no_reason_to_fail(folder: Path) -> None:
    done = command(folder, "fields", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "name", "value"),
    [
        (("check",), "HTTP_PROXY", "http://127.0.0.1:99999"),
        (("check",), "ALL_PROXY", "socks5://user:s3cr3t@127.0.0.1:1080"),
        (("run",), "https_proxy", "http://user:s3cr3t@proxy:abc"),
        (("once",), "HTTPS_PROXY", "http://[::1"),
        (("doctor",), "HTTP_PROXY", "http://127.0.0.1:99999"),
        (("doctor", "--offline"), "http_proxy", "http://user:s3cr3t@"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused_by_its_variable(
    folder: Path, arguments: tuple[str, ...], name: str, value: str
) -> None:
    unset = dict.fromkeys(PROXY_VARIABLES, "")
    done = command(folder, *arguments, **{**unset, name: value})
    told = done.stdout + done.stderr
    assert done.returncode == 2, told
    assert f"{name}: " in told
    assert "Traceback" not in told
    assert "s3cr3t" not in told


def test_a_proxy_in_dotenv_and_an_odd_entry_of_no_proxy_are_warnings(folder: Path) -> None:
    (folder / ".env").write_text("HTTPS_PROXY=http://proxy:3128\n")
    done = command(
        folder,
        "check",
        **{**dict.fromkeys(PROXY_VARIABLES, ""), "NO_PROXY": "localhost,http://x.test"},
    )
    assert done.returncode == 0, done.stderr
    assert ".env: HTTPS_PROXY is not read from here" in done.stdout + done.stderr
    assert "NO_PROXY: its entry 2 fits no host (write a host" in done.stdout + done.stderr
