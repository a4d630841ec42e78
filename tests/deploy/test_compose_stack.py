"""The stack of compose.yaml on a network of its own: our image, Debian's Prometheus and
Alertmanager, the files as mounted there.

Grafana is not on the machine; its dashboards and the data source are tested where they are made.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.compose import mounts, services, volumes
from tests.deploy.image import FROM_THE_MACHINE, Image
from tests.deploy.private_network import asked
from tests.real import require

pytestmark = pytest.mark.slow


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    """The names that Compose's network gives."""
    path = tmp_path / "hosts"
    path.write_text(f"127.0.0.1 localhost {' '.join(services())}\n")
    return path


def ours(image: Image, service: Mapping[str, Any], hosts: Path, volume: Path) -> list[str]:
    """One of our two services."""
    command = service.get("command") or ()
    seen = {**mounts(service), "/etc/hosts": hosts}
    return image.command(
        *command, volume=volume, environment=service.get("environment"), mounts=seen
    )


def theirs(program: str, service: Mapping[str, Any], hosts: Path, folder: Path) -> list[str]:
    """A program of the machine with the service's command, user, files and one volume, and
    nothing else of this machine."""
    (place,) = volumes(service)
    folders = sorted(
        {
            str(parent)
            for path in (*mounts(service), *FROM_THE_MACHINE, place, "/etc/hosts")
            for parent in Path(path).parents
        }
        - {"/"}
    )
    user, group = service["user"].split(":")
    folder.mkdir()
    folder.chmod(0o777)
    return [
        *(str(require("bwrap")), "--unshare-pid", "--die-with-parent"),
        *(
            word
            for right in ("SETUID", "SETGID", "SETPCAP")
            for word in ("--cap-add", f"CAP_{right}")
        ),
        *(word for path in folders for word in ("--perms", "0755", "--dir", path)),
        *(word for path in FROM_THE_MACHINE for word in ("--ro-bind", path, path)),
        *(
            word
            for name in ("bin", "lib", "lib64")
            for word in ("--symlink", f"usr/{name}", f"/{name}")
        ),
        *(
            word
            for path, source in mounts(service).items()
            for word in ("--ro-bind", str(source), path)
        ),
        *(
            "--ro-bind",
            str(hosts),
            "/etc/hosts",
            "--bind",
            str(folder),
            place,
            "--proc",
            "/proc",
            "--dev",
            "/dev",
        ),
        *("--remount-ro", "/", "--clearenv", "--setenv", "PATH", "/usr/bin"),
        *(
            "setpriv",
            "--reuid",
            user,
            "--regid",
            group,
            "--clear-groups",
            "--no-new-privs",
            "--bounding-set=-all",
        ),
        *(program, *service["command"]),
    ]


def sooner(service: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """Prometheus' service with a configuration that differs in its intervals."""
    changed = json.loads(json.dumps(service))
    for volume in changed["volumes"]:
        if volume["target"].endswith("prometheus.yml"):
            text = Path(volume["source"]).read_text()
            assert text.count("_interval: 15s") == 2
            quick = folder / "prometheus.yml"
            quick.write_text(text.replace("_interval: 15s", "_interval: 1s"))
            volume["source"] = str(quick)
    return dict(changed)


def test_what_goes_wrong_at_the_provider_reaches_alertmanager_and_prometheus(
    image: Image, volume: Path, hosts: Path, tmp_path: Path
) -> None:
    stack = services()
    # A scenario that does within a second what the stack's own takes minutes for.
    command = ["demo" if word == "incidents" else word for word in stack["simulator"]["command"]]
    assert command != stack["simulator"]["command"]
    simulator = {**stack["simulator"], "command": command}
    spare = tmp_path / "spare"
    spare.mkdir()
    answers = asked(
        {
            "start": [
                theirs(
                    str(require("prometheus-alertmanager")),
                    stack["alertmanager"],
                    hosts,
                    tmp_path / "alertmanager",
                ),
                theirs(
                    str(require("prometheus")),
                    sooner(stack["prometheus"], tmp_path),
                    hosts,
                    tmp_path / "prometheus",
                ),
                ours(image, simulator, hosts, spare),
                ours(image, stack["monitor"], hosts, volume),
            ],
            "last_waits_for": ["http://localhost:9781/", "http://localhost:9093/-/ready"],
            "ask": {
                "monitor": ("http://localhost:9780/readyz", '"ready": true'),
                "alert": ("http://localhost:9093/api/v2/alerts", "LowBalance"),
                "metrics": (
                    "http://localhost:9090/api/v1/query?query=sum(bsg_campaigns)",
                    '"value":',
                ),
                "down": ("http://localhost:9090/api/v1/query?query=count(up==1)", ',"3"]'),
                "alertmanager": (
                    "http://localhost:9090/api/v1/alertmanagers",
                    "http://alertmanager:9093/",
                ),
                "rules": ("http://localhost:9090/api/v1/rules", '"health":"ok"'),
            },
        },
        tmp_path,
    )
    logs = "\n".join(
        f"{path.name}: {path.read_text()[-2000:]}" for path in sorted(tmp_path.glob("*.log"))
    )
    assert "LowBalance" in answers["alert"], logs
    (alert,) = [
        each for each in json.loads(answers["alert"]) if each["labels"]["alertname"] == "LowBalance"
    ]
    assert alert["generatorURL"].startswith("http://127.0.0.1:9780/alerts/")
    assert json.loads(answers["monitor"]) == {"ready": True, "reasons": []}, logs
    assert json.loads(answers["metrics"])["data"]["result"], logs
    assert json.loads(answers["down"])["data"]["result"][0]["value"][1] == "3", logs
    assert json.loads(answers["alertmanager"])["data"]["activeAlertmanagers"], logs
    groups = json.loads(answers["rules"])["data"]["groups"]
    assert {group["file"] for group in groups} == {
        "/etc/prometheus/rules/alerts.yml",
        "/etc/prometheus/rules/recording.yml",
    }
    assert [rule for group in groups for rule in group["rules"] if rule.get("lastError")] == []
