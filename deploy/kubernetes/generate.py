"""Writes the manifests that are made from other files of the repository; with --check it only says which are out of date.

kustomize reads no file outside of its folder, and the Prometheus operator wants Prometheus' rules in a resource of its own.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROMETHEUS_RULES = ("alerts.yml", "recording.yml")
HEADER = f"""\
# Made by deploy/kubernetes/generate.py from {" and ".join(PROMETHEUS_RULES)} in deploy/prometheus: change those.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: bsg-monitor
spec:
  groups:
"""


def prometheus_rule() -> str:
    """The resource that bears the groups of every file, their comments included."""
    parts = []
    for name in PROMETHEUS_RULES:
        before, found, after = (ROOT / "deploy/prometheus" / name).read_text().partition("\ngroups:\n")
        if not found:
            raise SystemExit(f"deploy/prometheus/{name}: no line `groups:` found; it is expected after the comments")
        parts.append(indent(f"{indent(before, '  ')}\n{after}", "  "))
    return HEADER + "\n".join(parts)


def made() -> Iterator[tuple[Path, str]]:
    """Every file that is made, with what has to be in it."""
    beside = "$schema=rules.schema.json"
    yield HERE / "base/rules.yaml", (ROOT / "rules.yaml").read_text().replace(beside, f"$schema={'../' * 3}rules.schema.json")
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
