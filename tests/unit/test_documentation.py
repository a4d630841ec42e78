"""The pages about commands and metrics say what there is, no less and no more, and links lead
somewhere."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from monitor.cli import app
from monitor.domain.alerting.rule import RESERVED_LABELS
from monitor.domain.routing.matcher import MatcherError, Matchers, parse_matchers
from monitor.domain.safetext.shown_text import counted
from monitor.rulefile import rules_schema_text
from monitor.rulefile.rules import LABEL
from tests.rules import rules_in
from tests.unit.test_metrics import CONTRACT

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted(DOCS.glob("*.md")),
    *sorted((ROOT / "deploy").rglob("*.md")),
]
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
                long = [
                    flag for flag in option.opts if flag.startswith("--") and flag not in UNIVERSAL
                ]
                assert all(flag in section[1] for flag in long), (name, long)
    documented = set(re.findall(r"^## ([a-z][a-z-]*)$", text, re.MULTILINE))
    assert documented == set(commands)


def test_the_page_shows_what_check_says_of_the_default_rules() -> None:
    rules = rules_in(ROOT / "rules.yaml")
    shown = (
        f"`ok: {counted(len(rules.rules), 'rule')}, {counted(len(rules.receivers), 'receiver')}`"
    )
    assert shown in (DOCS / "commands.md").read_text()


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_leads_nowhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([\w./-]*)(?:#([\w-]+))?\)", page.read_text()):
        there = page.parent / target if target else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), (target, anchor)


def test_matchers_in_the_documentation_name_labels_that_a_rule_can_have() -> None:
    shown = re.findall(r"`([^`\n]*)`", (DOCS / "routing.md").read_text())
    found = [matcher for text in shown for matcher in _matchers(text)]
    assert len(found) > 5
    assert [
        matcher
        for matcher in found
        if matcher.name not in RESERVED_LABELS and not LABEL.fullmatch(matcher.name)
    ] == []


def _matchers(text: str) -> Matchers:
    """Those of an example; none where it is something else."""
    try:
        return parse_matchers(text)
    except MatcherError:
        return ()


A_PAGE = re.compile(r"(?<![\w./-])docs/|(?<![\w-])(?!runbooks\.md)[\w-]+\.md\b")
"""A file of this repository's documentation, which an installed program lacks; runbooks.md is
part of the program."""


def texts_of_the_program() -> Iterator[tuple[Path, str]]:
    """Strings of the code without docstrings and comments, and all that is shipped beside it."""
    for path in sorted((ROOT / "monitor").rglob("*")):
        if path.suffix in (".yaml", ".template", ".html", ".md"):
            yield path, path.read_text()
        if path.suffix != ".py":
            continue
        tree = ast.parse(path.read_text())
        bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield path, "" if id(node) in bare else node.value


def helps(command: Any) -> Iterator[str]:
    yield from (command.help or "", command.epilog or "")
    yield from (getattr(option, "help", None) or "" for option in command.params)
    for below in getattr(command, "commands", {}).values():
        yield from helps(below)


def test_no_text_of_the_program_names_a_page_that_is_not_installed() -> None:
    texts = list(texts_of_the_program())
    assert len(texts) > 5_000
    assert [(path.name, text) for path, text in texts if A_PAGE.search(text)] == []


def test_no_help_and_no_schema_names_a_page_that_is_not_installed() -> None:
    said = [*helps(get_command(app)), rules_schema_text()]
    assert len(said) > 100
    assert [text for text in said if A_PAGE.search(text)] == []
