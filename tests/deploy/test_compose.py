"""What the compose files promise, as Compose itself understands them."""

import json
import re
import subprocess
import tomllib
from pathlib import Path, PurePosixPath

import pytest
import yaml

from monitor.settings.layers import Settings
from tests.deploy.compose import FOLDER, LIVE, STACK, mounts, services, volumes
from tests.deploy.image import ROOT
from tests.real import require
from tests.rules import rules_in

BOTH = pytest.mark.parametrize("files", [STACK, LIVE], ids=["simulator", "live"])


@BOTH
def test_every_service_is_hardened(files: tuple[str, ...]) -> None:
    for name, service in services(files).items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not {"privileged", "cap_add", "devices", "pid", "ipc", "network_mode"} & set(
            service
        ), name
        assert int(service["mem_limit"]) <= 2**30, name
        assert service["pids_limit"] > 0, name
        if "build" not in service:  # our image says itself who runs it
            assert re.fullmatch(r"[1-9]\d*:\d+", service["user"]), name


@BOTH
def test_everything_is_published_on_this_machine_only(files: tuple[str, ...]) -> None:
    published = [port for service in services(files).values() for port in service.get("ports", ())]
    assert {port["target"] for port in published} == {9780, 9090, 9093, 3000}
    assert {port["host_ip"] for port in published} == {"127.0.0.1"}


@BOTH
def test_what_is_not_a_volume_is_mounted_to_be_read(files: tuple[str, ...]) -> None:
    for service in services(files).values():
        assert all(
            volume["read_only"] for volume in service.get("volumes", ()) if volume["type"] == "bind"
        )
    assert {
        name: volumes(service) for name, service in services(files).items() if volumes(service)
    } == {
        "monitor": ["/var/lib/bsg-monitor"],
        "prometheus": ["/prometheus"],
        "alertmanager": ["/alertmanager"],
        "grafana": ["/var/lib/grafana"],
    }


def test_every_mounted_file_is_there() -> None:
    for service in services().values():
        for source in mounts(service).values():
            assert source.exists(), source
            assert source.is_relative_to(ROOT)


@BOTH
def test_every_image_is_pinned_by_its_release(files: tuple[str, ...]) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for name, service in services(files).items():
        image = service["image"]
        assert (
            image == f"bsg-monitor:{version}"
            if "build" in service
            else re.search(r":v?\d+\.\d+\.\d+$", image)
        ), name


@BOTH
def test_every_setting_is_one(files: tuple[str, ...]) -> None:
    settings = {f"BSG_{name.upper()}" for name in Settings.model_fields} | {"BSG_SECRETS_DIR"}
    assert set(services(files)["monitor"]["environment"]) <= settings


def test_the_live_stack_has_no_simulator_no_open_door_and_its_secrets_in_files() -> None:
    live = services(LIVE)
    assert set(live) == {"monitor", "prometheus", "alertmanager", "grafana"}
    environment = live["monitor"]["environment"]
    assert not {"BSG_API_URL", "BSG_API_KEY", "BSG_PUBLIC_READ", "BSG_ALLOW_INSECURE_HTTP"} & set(
        environment
    )
    assert mounts(live["monitor"])[environment["BSG_SECRETS_DIR"]] == FOLDER / "secrets"
    assert mounts(live["monitor"])["/etc/bsg-monitor"] == FOLDER / "rules"
    assert (
        mounts(live["prometheus"])["/run/secrets/bsg_read_token"]
        == FOLDER / "secrets/bsg_read_token"
    )
    assert "depends_on" not in live["monitor"]


def test_what_the_live_stack_wants_from_its_user_stays_out_of_the_repository() -> None:
    paths = [FOLDER / "secrets/bsg_api_key", FOLDER / "rules/rules.yaml"]
    done = subprocess.run(
        ["git", "check-ignore", *paths], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if "not a git repository" in done.stderr:
        pytest.skip("this is not a git checkout")
    assert len(done.stdout.splitlines()) == len(paths)


def test_prometheus_finds_its_configuration_right(tmp_path: Path) -> None:
    promtool = require("promtool")
    seen = mounts(services()["prometheus"])
    for path, source in seen.items():
        target = tmp_path / path[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(
            source.read_text().replace(
                "/etc/prometheus/rules/", f"{tmp_path}/etc/prometheus/rules/"
            )
        )
    config = tmp_path / "etc/prometheus/prometheus.yml"
    config.write_text(config.read_text().replace("/run/secrets/", f"{tmp_path}/run/secrets/"))
    done = subprocess.run(
        [promtool, "check", "config", config], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_alertmanager_finds_its_configuration_right() -> None:
    config = mounts(services()["alertmanager"])["/etc/alertmanager"] / "alertmanager.yml"
    done = subprocess.run(
        [require("amtool"), "check-config", config], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_services_find_each_other_by_their_names() -> None:
    config = yaml.safe_load(
        (mounts(services()["prometheus"])["/etc/prometheus/prometheus.yml"]).read_text()
    )
    targets = {
        job["job_name"]: job["static_configs"][0]["targets"] for job in config["scrape_configs"]
    }
    assert targets == {
        "bsg-monitor": ["monitor:9780"],
        "prometheus": ["localhost:9090"],
        "alertmanager": ["alertmanager:9093"],
    }
    assert services()["monitor"]["environment"]["BSG_API_URL"] == "http://simulator:9781"


def test_grafana_finds_prometheus_and_the_dashboards() -> None:
    seen = mounts(services()["grafana"])
    provisioning = seen["/etc/grafana/provisioning"]
    (source,) = [
        each
        for path in provisioning.glob("datasources/*.y*ml")
        for each in yaml.safe_load(path.read_text())["datasources"]
    ]
    assert source["url"] == "http://prometheus:9090"
    (provider,) = [
        each
        for path in provisioning.glob("dashboards/*.y*ml")
        for each in yaml.safe_load(path.read_text())["providers"]
    ]
    assert list(seen[provider["options"]["path"]].glob("*.json"))


def test_grafana_opens_on_the_overview() -> None:
    grafana = services()["grafana"]
    home = PurePosixPath(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (
        json.loads((mounts(grafana)[str(home.parent)] / home.name).read_text())["uid"]
        == "bsg-overview"
    )


def test_the_rules_of_the_stack_can_be_loaded() -> None:
    rules = rules_in(mounts(services()["monitor"])["/etc/bsg-monitor"] / "rules.yaml")
    assert len(rules.rules) == 9
    assert [receiver.name for receiver in rules.receivers] == ["alertmanager"]
