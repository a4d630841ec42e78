"""The pages about commands and metrics say what there is, no less and no more."""

import re
from pathlib import Path

from typer.main import get_command

from monitor.cli import app
from tests.unit.test_metrics import CONTRACT

DOCS = Path(__file__).parents[2] / "docs"
UNIVERSAL = {"--help", "-h", "--install-completion", "--show-completion", "--version"}


def test_every_metric_is_documented_with_its_labels() -> None:
    text = (DOCS / "metrics.md").read_text()
    documented: dict[str, set[str]] = {}
    labels: set[str] = set()
    for name, cell in re.findall(r"^\| `(bsg_\w+)` \| \w+ \| ([^|]+) \|", text, re.MULTILINE):
        labels = labels if cell.strip() == "same" else set(re.findall(r"`(\w+)`", cell))
        documented[name] = labels
    assert documented == {name.removesuffix("_count"): labels for name, labels in CONTRACT.items()}


def test_every_command_and_every_option_is_documented() -> None:
    text = (DOCS / "commands.md").read_text()
    commands = dict(get_command(app).commands)  # type: ignore[attr-defined]
    for name, command in commands.items():
        section = re.search(rf"^## {name}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
        assert section is not None, name
        for leaf in (getattr(command, "commands", None) or {name: command}).values():
            for option in leaf.params:
                long = [flag for flag in option.opts if flag.startswith("--") and flag not in UNIVERSAL]
                assert all(flag in section[1] for flag in long), (name, long)
    documented = set(re.findall(r"^## ([a-z][a-z-]*)$", text, re.MULTILINE))
    assert documented == set(commands)
