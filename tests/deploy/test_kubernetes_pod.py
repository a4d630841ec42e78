"""The pod as the kubelet would start it: the image, the rendered settings, ConfigMap and Secret
as mounted folders, probes."""

import asyncio
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from monitor.clock import SystemClock
from monitor.simulator.api_server import Simulator
from monitor.simulator.scenario import Scenario
from tests.acceptance.daemon import free_port
from tests.deploy.image import Image
from tests.deploy.manifests import FOLDER, container, of_kind, pod
from tests.deploy.running import innermost, started, status
from tests.patience import until

pytestmark = pytest.mark.slow


def mounted(folder: Path, data: Mapping[str, str]) -> Path:
    """A ConfigMap or Secret as the kubelet lays it out: files are links into a folder that is
    replaced as a whole.

    A second call brings a new version, at one moment.
    """
    version = folder / f"..2026_11_26_10_00_00.{len(list(folder.glob('..2026*')))}"
    version.mkdir(parents=True)
    for name, text in data.items():
        (version / name).write_text(text)
    (folder / "..data_tmp").symlink_to(version.name)
    (folder / "..data_tmp").replace(folder / "..data")
    for name in data:
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")
    return folder


def rules_of(folder: str) -> Mapping[str, str]:
    """The files of the ConfigMap of rules."""
    (data,) = (
        each["data"]
        for each in of_kind("ConfigMap", folder)
        if each["metadata"]["name"] == "bsg-monitor-rules"
    )
    return dict(data)


async def test_the_pod_becomes_ready_takes_up_changed_rules_and_ends_in_time(
    image: Image, volume: Path, tmp_path: Path
) -> None:
    secret = yaml.safe_load((FOLDER / "secret.example.yaml").read_text())["stringData"]
    maps = {config["metadata"]["name"]: config["data"] for config in of_kind("ConfigMap")}
    places = {mount["name"]: mount["mountPath"] for mount in container()["volumeMounts"]}
    mounts = {
        places["rules"]: mounted(tmp_path / "rules", rules_of("base")),
        places["secrets"]: mounted(tmp_path / "secrets", secret),
    }
    simulator = Simulator(Scenario(name="pod"), clock=SystemClock(), keys=(secret["bsg_api_key"],))
    port = free_port()
    page = f"http://127.0.0.1:{port}"
    log = tmp_path / "log"
    async with simulator.serve() as provider:
        environment = {
            **{
                name: value
                for source in container()["envFrom"]
                for name, value in maps[source["configMapRef"]["name"]].items()
            },
            **{entry["name"]: entry["value"] for entry in container()["env"]},
            "BSG_API_URL": provider,
            "BSG_LISTEN": f"0.0.0.0:{port}",
        }
        async with started(
            image.command(volume=volume, environment=environment, mounts=mounts), log
        ) as process:

            async def ready() -> bool:
                assert process.returncode is None, log.read_text()
                return await status(page + container()["readinessProbe"]["httpGet"]["path"]) == 200

            await until(ready)
            assert await status(page + container()["livenessProbe"]["httpGet"]["path"]) == 200
            assert await status(f"{page}/metrics") == 401
            assert (
                await status(f"{page}/metrics", Authorization=f"Bearer {secret['bsg_read_token']}")
                == 200
            )
            assert "configuration_doubtful" not in log.read_text()

            mounted(tmp_path / "rules", rules_of("overlays/example"))
            await until(lambda: '"rules_reloaded"' in log.read_text())
            assert '"receivers_added": ["cluster"]' in log.read_text()

            os.kill(innermost(process.pid), signal.SIGTERM)
            assert (
                await asyncio.wait_for(
                    process.wait(), pod()["spec"]["terminationGracePeriodSeconds"]
                )
                == 0
            )
