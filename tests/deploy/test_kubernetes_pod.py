"""The pod as the kubelet would start it: the image, the rendered settings, ConfigMap and Secret as mounted folders, probes."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
import yaml

from monitor.clock import SystemClock
from monitor.simulator.scenario import Scenario
from monitor.simulator.server import Simulator
from tests.acceptance.daemon import free_port
from tests.deploy.image import Image
from tests.deploy.manifests import FOLDER, container, of_kind, pod
from tests.deploy.running import innermost, started, status
from tests.patience import until

pytestmark = pytest.mark.slow


def mounted(folder: Path, data: dict[str, str]) -> Path:
    """A ConfigMap or Secret as the kubelet lays it out: files are links into a folder that is replaced as a whole."""
    version = folder / "..2026_11_26_10_00_00.1234567890"
    version.mkdir(parents=True)
    for name, text in data.items():
        (version / name).write_text(text)
        (folder / name).symlink_to(f"..data/{name}")
    (folder / "..data").symlink_to(version.name)
    return folder


async def test_the_pod_becomes_ready_and_ends_within_its_grace_period(image: Image, volume: Path, tmp_path: Path) -> None:
    secret = yaml.safe_load((FOLDER / "secret.example.yaml").read_text())["stringData"]
    maps = {config["metadata"]["name"]: config["data"] for config in of_kind("ConfigMap")}
    places = {mount["name"]: mount["mountPath"] for mount in container()["volumeMounts"]}
    mounts = {
        places["rules"]: mounted(tmp_path / "rules", maps["bsg-monitor-rules"]),
        places["secrets"]: mounted(tmp_path / "secrets", secret),
    }
    simulator = Simulator(Scenario(name="pod"), clock=SystemClock(), keys=(secret["bsg_api_key"],))
    port = free_port()
    async with simulator.serve() as provider:
        environment = {
            **{name: value for source in container()["envFrom"] for name, value in maps[source["configMapRef"]["name"]].items()},
            **{entry["name"]: entry["value"] for entry in container()["env"]},
            "BSG_API_URL": provider,
            "BSG_LISTEN": f"0.0.0.0:{port}",
        }
        command = image.command(volume=volume, environment=environment, mounts=mounts)
        log = tmp_path / "log"
        async with started(command, log) as process:

            async def ready() -> bool:
                assert process.returncode is None, log.read_text()
                return await status(f"http://127.0.0.1:{port}{container()['readinessProbe']['httpGet']['path']}") == 200

            await until(ready)
            assert await status(f"http://127.0.0.1:{port}{container()['livenessProbe']['httpGet']['path']}") == 200
            assert await status(f"http://127.0.0.1:{port}/metrics") == 401
            token = secret["bsg_read_token"]
            assert await status(f"http://127.0.0.1:{port}/metrics", Authorization=f"Bearer {token}") == 200
            os.kill(innermost(process.pid), signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), pod()["spec"]["terminationGracePeriodSeconds"]) == 0
    assert "configuration_doubtful" not in log.read_text()
