"""What the manifests promise beyond being well formed."""

import copy
import ipaddress
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.daemon.app import DRAIN_SECONDS
from monitor.settings.layers import Settings
from monitor.web.server import SHUTDOWN_SECONDS
from tests.deploy.image import DOCKERFILE, ROOT
from tests.deploy.manifests import (
    FOLDER,
    WHAT_CAN_BE_APPLIED,
    container,
    of_kind,
    only,
    pod,
    rendered,
)
from tests.deploy.podsecurity import violations
from tests.rules import rules_in

LABEL = {"app.kubernetes.io/name": "bsg-monitor"}


@pytest.mark.parametrize("folder", WHAT_CAN_BE_APPLIED)
def test_the_pod_satisfies_the_restricted_profile(folder: str) -> None:
    assert violations(pod(folder)["spec"]) == []


def test_the_namespace_of_the_example_enforces_that_profile() -> None:
    labels = only("Namespace", "overlays/example")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize(
    ("where", "key", "value", "found"),
    [
        ("pod", "hostNetwork", True, "hostNetwork"),
        ("pod", "volumes", [{"name": "x", "hostPath": {"path": "/"}}], "volume hostPath"),
        ("pod context", "runAsNonRoot", False, "pod may run as root"),
        ("pod context", "runAsUser", 0, "pod runs as root"),
        ("pod context", "seccompProfile", {"type": "Unconfined"}, "pod seccomp"),
        ("pod context", "seccompProfile", None, "monitor seccomp"),
        (
            "pod context",
            "sysctls",
            [{"name": "kernel.msgmax", "value": "1"}],
            "sysctl kernel.msgmax",
        ),
        ("context", "privileged", True, "monitor privileged"),
        ("context", "allowPrivilegeEscalation", None, "monitor allowPrivilegeEscalation"),
        ("context", "capabilities", {"drop": ["NET_RAW"]}, "monitor capabilities"),
        (
            "context",
            "capabilities",
            {"drop": ["ALL"], "add": ["SYS_ADMIN"]},
            "monitor capabilities",
        ),
        ("context", "procMount", "Unmasked", "monitor procMount"),
        ("container", "ports", [{"containerPort": 9780, "hostPort": 9780}], "monitor hostPort"),
    ],
)
def test_what_the_profile_forbids_would_be_noticed(
    where: str, key: str, value: object, found: str
) -> None:
    spec: Any = copy.deepcopy(dict(pod()["spec"]))
    place = {
        "pod": spec,
        "pod context": spec["securityContext"],
        "container": spec["containers"][0],
        "context": spec["containers"][0]["securityContext"],
    }[where]
    if value is None:
        del place[key]
    else:
        place[key] = value
    assert found in violations(spec)


def test_nothing_is_writable_but_the_volume_and_a_small_folder_for_temporary_files() -> None:
    assert container()["securityContext"]["readOnlyRootFilesystem"] is True
    volumes = {volume["name"]: volume for volume in pod()["spec"]["volumes"]}
    writable = {mount["name"] for mount in container()["volumeMounts"] if not mount.get("readOnly")}
    assert writable == {"data", "tmp"}
    assert "sizeLimit" in volumes["tmp"]["emptyDir"]


def test_it_runs_as_the_images_user_in_the_images_folders() -> None:
    text = DOCKERFILE.read_text()
    context = pod()["spec"]["securityContext"]
    assert f"\nUSER {context['runAsUser']}:{context['runAsGroup']}\n" in text
    assert context["fsGroup"] == context["runAsGroup"]
    places = {mount["name"]: mount["mountPath"] for mount in container()["volumeMounts"]}
    assert f'\nVOLUME ["{places["data"]}"]\n' in text
    assert f"BSG_RULES_FILE={places['rules']}/rules.yaml" in text
    assert {"name": "BSG_SECRETS_DIR", "value": places["secrets"]} in container()["env"]


def test_there_is_one_pod_that_gives_up_its_volume_before_the_next_one_takes_it() -> None:
    spec = only("StatefulSet")["spec"]
    assert spec["replicas"] == 1
    assert [claim["spec"]["accessModes"] for claim in spec["volumeClaimTemplates"]] == [
        ["ReadWriteOnce"]
    ]
    assert spec["persistentVolumeClaimRetentionPolicy"] == {
        "whenDeleted": "Retain",
        "whenScaled": "Retain",
    }
    assert only("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


def test_a_stop_has_the_time_that_it_takes() -> None:
    assert pod()["spec"]["terminationGracePeriodSeconds"] >= 2 * (DRAIN_SECONDS + SHUTDOWN_SECONDS)


def test_kubernetes_adds_no_variables_that_look_like_settings() -> None:
    assert pod()["spec"]["enableServiceLinks"] is False


def test_the_monitor_gets_no_token_of_the_kubernetes_api() -> None:
    assert pod()["spec"]["automountServiceAccountToken"] is False
    assert only("ServiceAccount")["automountServiceAccountToken"] is False
    assert pod()["spec"]["serviceAccountName"] == only("ServiceAccount")["metadata"]["name"]


def test_each_probe_asks_what_it_is_for() -> None:
    probes = {
        kind: container()[f"{kind}Probe"]["httpGet"]["path"]
        for kind in ("startup", "liveness", "readiness")
    }
    assert probes == {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}
    assert {port["name"]: port["containerPort"] for port in container()["ports"]} == {"http": 9780}
    assert {container()[f"{kind}Probe"]["httpGet"]["port"] for kind in probes} == {"http"}


@pytest.mark.parametrize("folder", WHAT_CAN_BE_APPLIED)
def test_every_selector_of_ours_finds_the_pod_and_no_other_selector_was_rewritten(
    folder: str,
) -> None:
    assert LABEL.items() <= pod(folder)["metadata"]["labels"].items()
    assert only("StatefulSet", folder)["spec"]["selector"]["matchLabels"] == LABEL
    assert only("Service", folder)["spec"]["selector"] == LABEL
    assert only("PodDisruptionBudget", folder)["spec"]["selector"]["matchLabels"] == LABEL
    policies = of_kind("NetworkPolicy", folder)
    assert all(policy["spec"]["podSelector"]["matchLabels"] == LABEL for policy in policies)
    peers = [
        peer["podSelector"]["matchLabels"]
        for policy in policies
        for rule in (*policy["spec"]["ingress"], *policy["spec"]["egress"])
        for peer in (*rule.get("from", ()), *rule.get("to", ()))
        if "podSelector" in peer
    ]
    assert {"app.kubernetes.io/name": "prometheus"} in peers
    assert LABEL not in peers


def test_the_network_lets_out_to_the_internet_and_not_into_the_cluster() -> None:
    policy = only("NetworkPolicy")["spec"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    blocks = [peer["ipBlock"] for rule in policy["egress"] for peer in rule.get("to", ())]

    def allowed(address: str) -> bool:
        ip = ipaddress.ip_address(address)
        return any(
            ip in ipaddress.ip_network(block["cidr"])
            and not any(ip in ipaddress.ip_network(no) for no in block["except"])
            for block in blocks
            if ipaddress.ip_network(block["cidr"]).version == ip.version
        )

    assert all(map(allowed, ("93.184.216.34", "2606:2800:220:1::1")))
    assert not any(
        map(
            allowed,
            ("10.96.0.1", "172.20.3.4", "192.168.1.1", "169.254.169.254", "fd00::1", "fe80::1"),
        )
    )


def test_rules_change_under_the_same_name_and_settings_under_a_new_one() -> None:
    names = {config["metadata"]["name"] for config in of_kind("ConfigMap")}
    assert "bsg-monitor-rules" in names
    (settings,) = names - {"bsg-monitor-rules"}
    assert settings.startswith("bsg-monitor-settings-")
    assert [source["configMapRef"]["name"] for source in container()["envFrom"]] == [settings]
    assert not [
        mount for mount in container()["volumeMounts"] if "subPath" in mount
    ]  # such a mount never changes


@pytest.mark.parametrize("folder", WHAT_CAN_BE_APPLIED)
def test_every_setting_is_one(folder: str) -> None:
    settings = {f"BSG_{name.upper()}" for name in Settings.model_fields} | {"BSG_SECRETS_DIR"}
    given = {
        name
        for config in of_kind("ConfigMap", folder)
        if "rules.yaml" not in config["data"]
        for name in config["data"]
    }
    assert given
    assert given | {entry["name"] for entry in container(folder)["env"]} <= settings
    secret = yaml.safe_load((FOLDER / "secret.example.yaml").read_text())
    assert {name.upper() for name in secret["stringData"]} <= settings
    assert (
        secret["metadata"]["name"]
        == {v["name"]: v for v in pod()["spec"]["volumes"]}["secrets"]["secret"]["secretName"]
    )


@pytest.mark.parametrize("folder", WHAT_CAN_BE_APPLIED)
def test_no_real_secret_is_among_the_manifests(folder: str) -> None:
    assert "Secret" not in {resource["kind"] for resource in rendered(folder)}
    secret = yaml.safe_load((FOLDER / "secret.example.yaml").read_text())
    assert all("REPLACE_ME" in value for value in secret["stringData"].values())


def test_prometheus_shows_the_read_token_of_the_secret() -> None:
    (endpoint,) = only("ServiceMonitor", "overlays/example")["spec"]["endpoints"]
    secret = yaml.safe_load((FOLDER / "secret.example.yaml").read_text())
    credentials = endpoint["authorization"]["credentials"]
    assert credentials == {"name": secret["metadata"]["name"], "key": "bsg_read_token"}
    assert credentials["key"] in secret["stringData"]
    assert endpoint["port"] in {port["name"] for port in only("Service")["spec"]["ports"]}


def test_the_image_is_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for folder in WHAT_CAN_BE_APPLIED:
        assert container(folder)["image"].endswith(f"bsg-monitor:{version}")


def test_what_is_made_from_other_files_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, FOLDER / "generate.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_operator_gets_every_rule_of_prometheus() -> None:
    groups = [
        group
        for name in ("alerts.yml", "recording.yml")
        for group in yaml.safe_load((ROOT / "deploy/prometheus" / name).read_text())["groups"]
    ]
    assert only("PrometheusRule", "overlays/example")["spec"]["groups"] == groups


def test_the_alerts_find_the_monitor_by_the_name_that_the_operator_gives_its_job() -> None:
    assert (
        "jobLabel" not in only("ServiceMonitor", "overlays/example")["spec"]
    )  # so it is the service's name
    alerts = (ROOT / "deploy/prometheus/alerts.yml").read_text()
    assert set(re.findall(r'job="([^"]+)"', alerts)) == {
        only("Service", "overlays/example")["metadata"]["name"]
    }


@pytest.mark.parametrize("folder", WHAT_CAN_BE_APPLIED)
def test_the_rules_can_be_loaded(folder: str, tmp_path: Path) -> None:
    (data,) = (
        each["data"]
        for each in of_kind("ConfigMap", folder)
        if each["metadata"]["name"] == "bsg-monitor-rules"
    )
    path = tmp_path / "rules.yaml"
    path.write_text(data["rules.yaml"])
    assert [rule.name for rule in rules_in(path).rules] == [
        rule.name for rule in rules_in(ROOT / "rules.yaml").rules
    ]


def test_the_example_says_nothing_of_the_time_at_the_provider_that_it_cannot_know() -> None:
    (base,) = (
        each["data"]
        for each in of_kind("ConfigMap")
        if each["metadata"]["name"].startswith("bsg-monitor-settings")
    )
    (mine,) = (
        each["data"]
        for each in of_kind("ConfigMap", "overlays/example")
        if each["metadata"]["name"].startswith("bsg-monitor-settings")
    )
    assert mine.get("BSG_API_TIMEZONE") == base.get("BSG_API_TIMEZONE")


def test_the_memory_limit_is_what_the_documentation_asks_for_with_100_000_campaigns() -> None:
    page = (ROOT / "docs/operations.md").read_text()
    measured = re.search(
        r"\((\d+) MiB measured with 100,000, (\d+) at the most in the first reading\)", page
    )
    assert measured is not None
    assert "Give a container twice that." in page
    limit = container()["resources"]["limits"]["memory"]
    assert int(limit.removesuffix("Mi")) >= 2 * int(measured[2])
    manifest = (FOLDER / "base/statefulset.yaml").read_text()
    assert not re.search(r"#.*\d+ MB", manifest)  # figures are in one place
