"""The profile "restricted" of Kubernetes' Pod Security Standards, every control of it, for a pod
on Linux.

From https://kubernetes.io/docs/concepts/security/pod-security-standards/ ("Baseline" and what
"Restricted" adds).
"""

from collections.abc import Iterator, Mapping
from typing import Any

VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
}
SELINUX_TYPES = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}

Spec = Mapping[str, Any]


def violations(spec: Spec) -> list[str]:
    """What the admission controller would refuse in a pod's `spec`."""
    context = spec.get("securityContext", {})
    return [
        *_pod(spec),
        *_context(context, "pod"),
        *(found for each in _containers(spec) for found in _container(each, context)),
    ]


def _containers(spec: Spec) -> list[Spec]:
    return [
        each
        for kind in ("initContainers", "containers", "ephemeralContainers")
        for each in spec.get(kind, [])
    ]


def _pod(spec: Spec) -> Iterator[str]:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(name):
            yield name
    for volume in spec.get("volumes", []):
        yield from (f"volume {kind}" for kind in set(volume) - {"name"} - VOLUMES)
    for sysctl in spec.get("securityContext", {}).get("sysctls", []):
        if sysctl["name"] not in SYSCTLS:
            yield f"sysctl {sysctl['name']}"


def _context(context: Spec, where: str) -> Iterator[str]:
    """What neither a pod's context nor a container's may say."""
    if context.get("runAsUser") == 0:
        yield f"{where} runs as root"
    if context.get("runAsNonRoot") is False:
        yield f"{where} may run as root"
    if context.get("seccompProfile", {}).get("type", "RuntimeDefault") not in (
        "RuntimeDefault",
        "Localhost",
    ):
        yield f"{where} seccomp"
    if context.get("appArmorProfile", {}).get("type", "RuntimeDefault") not in (
        "RuntimeDefault",
        "Localhost",
    ):
        yield f"{where} AppArmor"
    labels = context.get("seLinuxOptions", {})
    if labels.get("type", "") not in SELINUX_TYPES or labels.get("user") or labels.get("role"):
        yield f"{where} SELinux"
    if context.get("windowsOptions", {}).get("hostProcess"):
        yield f"{where} hostProcess"


def _container(container: Spec, pod_context: Spec) -> Iterator[str]:
    context = container.get("securityContext", {})
    name = container["name"]
    yield from _context(context, name)
    if context.get("privileged"):
        yield f"{name} privileged"
    if context.get("allowPrivilegeEscalation") is not False:
        yield f"{name} allowPrivilegeEscalation"
    if not context.get("runAsNonRoot", pod_context.get("runAsNonRoot")):
        yield f"{name} runAsNonRoot"
    if "seccompProfile" not in {**pod_context, **context}:
        yield f"{name} seccomp"
    capabilities = context.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", []) or set(capabilities.get("add", [])) - {
        "NET_BIND_SERVICE"
    }:
        yield f"{name} capabilities"
    if context.get("procMount", "Default") != "Default":
        yield f"{name} procMount"
    if any(port.get("hostPort") for port in container.get("ports", [])):
        yield f"{name} hostPort"
    for kind in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(kind, {})
        if any(probe.get(action, {}).get("host") for action in ("httpGet", "tcpSocket")):
            yield f"{name} {kind} host"
