"""Writes the manifests that are made from other files of the repository; with --check it only
says which are out of date.

kustomize reads no files outside its folder, and the Prometheus operator needs Prometheus' rules in
a resource of their own.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROMETHEUS_RULES = ("alerts.yml", "recording.yml")
ALERTMANAGER = "http://alertmanager-operated.monitoring:9093"
HEADER = f"""\
# Made by deploy/kubernetes/generate.py from {" and ".join(PROMETHEUS_RULES)} in deploy/prometheus.
# Change those files instead.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: bsg-monitor
spec:
  groups:
"""


def prometheus_rule() -> str:
    """The resource with the groups of every file, comments included."""
    parts = []
    for name in PROMETHEUS_RULES:
        before, found, after = (
            (ROOT / "deploy/prometheus" / name).read_text().partition("\ngroups:\n")
        )
        if not found:
            raise SystemExit(
                f"deploy/prometheus/{name}: no line `groups:` found; it is expected after the "
                "comments"
            )
        parts.append(indent(f"{indent(before, '  ')}\n{after}", "  "))
    return HEADER + "\n".join(parts)


def rules_to_alertmanager(rules: str) -> str:
    """The default rules, sent to the cluster's Alertmanager, which groups and repeats."""
    for old, new in (
        ("  - name: console\n    console: {}\n", ("  - name: cluster\n    alertmanager: "
                                                 f"{{urls: {ALERTMANAGER}}}\n")),
        ("  receiver: console\n", "  receiver: cluster\n"),
        ("and prints to the console. Add a real receiver at the end of the file before you\n# rely on it.",
         "and sends to the cluster's Alertmanager, whose address is at the end of the file.\n#"),
        ("  group_interval: 5m                             # least time between two messages about a group\n",
         "  group_interval: 1s                             # Alertmanager groups and repeats\n"),
        (("  repeat_interval: 4h                            # firing alerts are repeated, "
          "twice in a shift\n"),
         "  repeat_interval: 1d\n"),
    ):  # fmt: skip
        if rules.count(old) != 1:
            raise SystemExit(
                f"rules.yaml: expected once and found {rules.count(old)} times: {old!r}"
            )
        rules = rules.replace(old, new)
    return rules


def made() -> Iterator[tuple[Path, str]]:
    """Every file that is made, with what has to be in it."""
    beside = "$schema=rules.schema.json"
    rules = (ROOT / "rules.yaml").read_text()
    yield HERE / "base/rules.yaml", rules.replace(beside, f"$schema={'../' * 3}rules.schema.json")
    example = rules.replace(beside, f"$schema={'../' * 4}rules.schema.json")
    yield HERE / "overlays/example/rules.yaml", rules_to_alertmanager(example)
    yield HERE / "components/prometheus-operator/prometheusrule.yaml", prometheus_rule()


def main() -> str | None:
    """What is out of date, in words; None when nothing is, or when it was only to be written."""
    stale = [(path, text) for path, text in made() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv[1:]:
        names = ", ".join(str(path.relative_to(ROOT)) for path, _ in stale)
        return f"out of date: {names}; run: python deploy/kubernetes/generate.py" if stale else None
    for path, text in stale:
        path.write_text(text)
    return None


if __name__ == "__main__":
    sys.exit(main())
