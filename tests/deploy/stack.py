"""A stand-in provider, a monitor that reads it, and Debian's Prometheus that scrapes the
monitor.

Prometheus runs with the configuration that is deployed, but faster, and scrapes the monitor
twice: as it is, which gives OpenMetrics, and through a door that asks for the text format.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import yaml

from tests.acceptance.daemon import KEY, free_port
from tests.patience import until
from tests.real import require

DEPLOYED = Path(__file__).parents[2] / "deploy/prometheus"
JOB, TEXT_JOB = "bsg-monitor", "bsg-monitor-text"

RULES = """
rules:
  - alert: Spam
    when: status == "spam"
    severity: critical
    summary: "{{ campaign.name }} waits"
  - alert: AtRest
    when: sent < 0
    summary: "never"
receivers:
  - {name: console, console: {}}
  - {name: refusing, webhook: {url: "${DOOR_URL}/gone"}}
  - {name: unreachable, webhook: {url: "${NO_SERVER_URL}/"}}
route:
  receiver: console
  group_interval: 1s
  routes:
    - {matchers: ['severity="critical"'], receiver: console, continue: true}
    - {matchers: ['severity="critical"'], receiver: refusing, continue: true}
    - {matchers: ['severity="critical"'], receiver: unreachable}
"""


class Stack:
    """What is asked of the running ones."""

    def __init__(self, monitor: str, provider: str, prometheus: str) -> None:
        self.monitor = monitor
        self._provider = provider
        self._prometheus = prometheus

    def api(self, path: str, **parameters: str) -> Any:
        """The `data` of an answer of Prometheus; AssertionError with its words when it refuses."""
        answer = _ask(f"{self._prometheus}/api/v1/{path}?{urlencode(parameters)}")
        assert answer["status"] == "success", (parameters, answer)
        return answer["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The instant vector that an expression gives now."""
        found: list[dict[str, Any]] = self.api("query", query=expression)["result"]
        return found

    def series(self, selector: str) -> list[dict[str, str]]:
        """The labels of every series, without those of the target."""
        found: list[dict[str, str]] = self.api("series", **{"match[]": selector})
        return [
            {name: value for name, value in labels.items() if name != "instance"}
            for labels in found
        ]

    def simulator(self, method: str, path: str, body: object) -> Any:
        """Change the provider's world."""
        return _ask(
            f"{self._provider}/_simulator/{path}", method=method, body=json.dumps(body).encode()
        )

    def page(self, path: str, accept: str = "*/*") -> bytes:
        """What the monitor serves."""
        with urlopen(
            Request(self.monitor + path, headers={"Accept": accept}), timeout=10
        ) as answer:
            body: bytes = answer.read()
        return body

    def wait(self, expression: str) -> None:
        """Until an expression gives something."""
        self.until(lambda: bool(self.query(expression)), called=expression)

    def until(self, holds: Callable[[], bool], *, called: str = "") -> None:
        """Until it holds; who does not answer yet is asked again. A failure names what was
        waited for, as `called`."""

        def answered() -> bool:
            try:
                return holds()
            except (URLError, ConnectionError):
                return False

        answered.__name__ = called or holds.__name__
        asyncio.run(until(answered))


@contextmanager
def running(folder: Path) -> Iterator[Stack]:
    """The three of them, with a history that every metric has something to say about."""
    program = require("prometheus")
    provider, port, prometheus = free_port(), free_port(), free_port()
    monitor = f"http://127.0.0.1:{port}"
    stack = Stack(monitor, f"http://127.0.0.1:{provider}", f"http://127.0.0.1:{prometheus}")
    with ExitStack() as ends:
        door = ends.enter_context(_door(monitor))
        simulate = ("simulate", "--scenario", "demo", "--port", str(provider), "--key", KEY)
        ends.enter_context(
            _process(folder, "simulate", (sys.executable, "-m", "monitor", *simulate), os.environ)
        )
        stack.until(lambda: stack.simulator("GET", "", None) is not None)
        (folder / "rules.yaml").write_text(RULES)
        settings = {
            "BSG_API_KEY": KEY,
            "BSG_API_URL": f"http://127.0.0.1:{provider}",
            "BSG_POLL_INTERVAL": "1s",
            "BSG_LISTEN": f"127.0.0.1:{port}",
            "DOOR_URL": door,
            "NO_SERVER_URL": f"http://127.0.0.1:{free_port()}",
        }
        bare = {name: value for name, value in os.environ.items() if not name.startswith("BSG_")}
        ends.enter_context(
            _process(folder, "run", (sys.executable, "-m", "monitor", "run"), bare | settings)
        )
        arguments = (
            f"--config.file={_configuration(folder, targets={JOB: monitor, TEXT_JOB: door})}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{prometheus}",
        )
        ends.enter_context(_process(folder, "prometheus", (str(program), *arguments), os.environ))
        _make_history(stack)
        yield stack


def _make_history(stack: Stack) -> None:
    """Let happen what the scenario does not play: a change that Prometheus sees, a bad row, an
    odd field, an unknown status, bad receivers."""
    stack.wait("up")
    stack.wait('bsg_monitor_polls_total{message_type="sms",outcome="ok"} > 0')
    ids = {row["name"]: row["id"] for row in stack.simulator("GET", "campaigns", None)}
    stack.simulator("PATCH", f"campaigns/{ids['Back in stock: oat milk']}", {"status": "stopped"})
    stack.simulator("PATCH", f"campaigns/{ids['Book club newsletter']}", {"status": "frozen"})
    stack.simulator("PUT", f"campaigns/{ids['New lenses are here']}/raw", {"status": ["sending"]})
    odd = {"calculated_price": "5.60 EUR"}
    stack.simulator("PUT", f"campaigns/{ids['Book club newsletter']}/raw", odd)
    stack.wait('bsg_monitor_rows_rejected_total{reason="malformed"} > 0')
    stack.wait('bsg_monitor_fields_unreadable_total{field="calculated_price"} > 0')
    stack.wait('bsg_monitor_unknown_values_total{field="status"} > 0')
    stack.wait('increase(bsg_status_transitions_total{from="sending",to="stopped"}[1m]) > 0')
    stack.wait('ALERTS{alertname="BsgMonitorDeadLetters",alertstate="firing"}')
    stack.wait('bsg_monitor_outbox_oldest_seconds{receiver="unreachable"} > 0')
    stack.wait('absent(ALERTS{alertname="BsgMonitorDown"})')
    names = "count by (__name__) ({{__name__=~'bsg_.+',job='{}'}})"
    for one, other in ((JOB, TEXT_JOB), (TEXT_JOB, JOB)):  # each is scraped at its own second
        stack.wait(f"absent({names.format(one)} unless on (__name__) {names.format(other)})")


def _configuration(folder: Path, *, targets: Mapping[str, str]) -> Path:
    """The deployed configuration for these targets, at a second's pace, with alerts that do not
    wait."""
    config = yaml.safe_load((DEPLOYED / "prometheus.yml").read_text())
    config["global"] = dict.fromkeys(config["global"], "1s")
    del config["alerting"]
    (job,) = config["scrape_configs"]
    config["scrape_configs"] = [
        job | {"job_name": name, "static_configs": [{"targets": [url.removeprefix("http://")]}]}
        for name, url in targets.items()
    ]
    for name in config["rule_files"]:
        shutil.copy(DEPLOYED / name, folder)
    alerts = yaml.safe_load((folder / "alerts.yml").read_text())
    for group in alerts["groups"]:
        for rule in group["rules"]:
            rule.pop("for", None)
    (folder / "alerts.yml").write_text(yaml.safe_dump(alerts))
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump(config))
    return path


@contextmanager
def _process(
    folder: Path, name: str, command: tuple[str, ...], environment: Mapping[str, str]
) -> Iterator[None]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdout=log, stderr=log
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(15)


@contextmanager
def _door(monitor: str) -> Iterator[str]:
    """A web server: GET asks the monitor for the text format, POST is answered 410 whatever it
    says."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with urlopen(
                Request(monitor + self.path, headers={"Accept": "text/plain; version=0.0.4"}),
                timeout=10,
            ) as answer:
                self.send_response(200)
                self.send_header("Content-Type", answer.headers["Content-Type"])
                self.end_headers()
                self.wfile.write(answer.read())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_error(410)

        # the base class has it
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _ask(url: str, *, method: str = "GET", body: bytes | None = None) -> Any:
    with urlopen(Request(url, data=body, method=method), timeout=10) as answer:
        return json.load(answer)
