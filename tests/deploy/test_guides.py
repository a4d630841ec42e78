"""What the guides do to files is done as it stands there, in a copy; what talks to a service is
left out."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.real import require

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
SERVICES = re.compile(r"^(?:apt-get|systemctl|sudo|docker|kubectl (?!kustomize)|\.venv/)")
MOVED = re.compile(r"(?<![\w.])/(?=etc/|var/lib/)")
LEFT_BEHIND = {
    "container": [
        "container/rules/rules.yaml",
        "container/secrets/bsg_api_key",
        "container/secrets/bsg_read_token",
    ],
    "grafana": [
        "etc/grafana/provisioning/dashboards/bsg-monitor.yaml",
        "var/lib/grafana/dashboards/bsg-campaign.json",
    ],
    "kubernetes": ["kubernetes/overlays/mine/kustomization.yaml"],
    "prometheus": [
        "etc/prometheus/prometheus.yml",
        "etc/prometheus/alerts.yml",
        "etc/prometheus/recording.yml",
    ],
}


def lines_of(guide: str) -> list[str]:
    """Every command that only touches files, those of more than one line as one. Shown files
    (`cat > …`) are left out."""
    text = (ROOT / "deploy" / guide / "README.md").read_text()
    blocks = [block for block in BLOCK.findall(text) if "<<" not in block]
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [line for line in lines if line.strip() and not SERVICES.match(line)]


@pytest.mark.slow
@pytest.mark.parametrize("guide", sorted(LEFT_BEHIND))
def test_files_are_where_the_guide_puts_them(guide: str, tmp_path: Path) -> None:
    if guide == "prometheus":
        require("promtool")
    deploy = tmp_path / "deploy"
    shutil.copytree(ROOT / "deploy", deploy)
    shutil.copy(ROOT / "rules.yaml", tmp_path)
    for folder in ("etc/grafana/provisioning/dashboards", "var/lib/grafana", "etc/prometheus"):
        (tmp_path / folder).mkdir(parents=True)
    script = "\n".join(MOVED.sub(f"{tmp_path}/", line) for line in lines_of(guide))
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=deploy / guide,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n\n{done.stdout}"
    for path in LEFT_BEHIND[guide]:
        assert any((folder / path).is_file() for folder in (tmp_path, deploy)), path
