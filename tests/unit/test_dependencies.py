"""docs/dependencies.md names every package with its licence, and none of them obliges us to more
than we know."""

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
EXTRAS = ("apprise", "postgres", "uvloop")
"""What may be installed where the monitor runs; `dev` is not."""

PERMISSIVE = {
    "Apache-2.0",
    "BSD",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "PSF-2.0",
    "Python-2.0",
    "Unlicense",
    "0BSD",
}
WORDS = {
    "Apache": "Apache-2.0",  # kubernetes-validate; its licence file says which
    "Apache 2.0": "Apache-2.0",
    "Apache License Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "BSD 2-Clause License": "BSD-2-Clause",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""What packages say that do not use SPDX yet, and what they mean."""

Tables = dict[str, dict[str, str]]
"""By heading: licence by package."""


def documented() -> Tables:
    tables: Tables = {}
    for section in (ROOT / "docs" / "dependencies.md").read_text("utf-8").split("\n## ")[1:]:
        rows = re.findall(r"^\| (\w[\w.-]*) \| ([^|]+) \|", section, re.MULTILINE)
        tables[section.partition("\n")[0]] = {
            str(canonicalize_name(name)): licence
            for name, licence in rows
            if (name, licence) != ("package", "licence")
        }
    return tables


def direct(*extras: str) -> set[str]:
    """What pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = project["optional-dependencies"]
    required = [
        *([] if extras else project["dependencies"]),
        *(each for extra in extras for each in optional[extra]),
    ]
    return {str(canonicalize_name(Requirement(each).name)) for each in required}


def found(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def closure(start: Iterable[str]) -> set[str]:
    """These packages and whatever they bring along, as far as they are installed."""
    reached: set[tuple[str, str]] = set()
    waiting = [(name, "") for name in start]
    while waiting:
        name, extra = waiting.pop()
        package = found(name)
        if package is None or (name, extra) in reached:
            continue
        reached.add((name, extra))
        for requirement in map(Requirement, package.requires or ()):
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                brought = str(canonicalize_name(requirement.name))
                waiting += [(brought, each) for each in ("", *requirement.extras)]
    return {name for name, _ in reached}


def licence_of(package: Distribution) -> str:
    """As an SPDX expression; "unknown" when the package says nothing that is understood."""
    said = package.metadata
    if said.get("License-Expression"):
        return str(said["License-Expression"])
    classifiers = [
        each.rpartition(" :: ")[2]
        for each in said.get_all("Classifier", [])
        if each.startswith("License ::")
    ]
    for word in (said.get("License") or "", *classifiers):
        if word in WORDS or re.fullmatch(r"[A-Z0-9][\w.+-]*-\d[\w.+-]*|MIT|ISC", word):
            return WORDS.get(word, word)
    return "unknown"


def permissive(licence: str) -> bool:
    """Whether an SPDX expression asks for nothing but to be named: every part of an AND, one
    part of an OR."""
    licence = licence.strip()
    outer = re.sub(r"\([^()]*\)", lambda match: "(" + "x" * (len(match[0]) - 2) + ")", licence)
    for word, holds in ((" OR ", any), (" AND ", all)):
        if word in outer:
            ends = [match.start() for match in re.finditer(word, outer)]
            parts = [
                licence[start:end]
                for start, end in zip(
                    [0, *(e + len(word) for e in ends)], [*ends, None], strict=True
                )
            ]
            return holds(map(permissive, parts))
    if licence.startswith("(") and licence.endswith(")"):
        return permissive(licence[1:-1])
    return licence in PERMISSIVE


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("MIT", True),
        ("Apache-2.0 AND MIT", True),
        ("GPL-3.0", False),
        ("MIT AND GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", False),
        ("(MPL-2.0 OR MIT) AND BSD-3-Clause", True),
        ("unknown", False),
    ],
)
def test_an_expression_is_permissive_when_its_parts_allow_it(licence: str, expected: bool) -> None:
    assert permissive(licence) is expected


def test_every_dependency_has_its_row_and_no_row_is_left_over() -> None:
    tables = documented()
    assert tables["To run"].keys() == direct()
    assert tables["Extras"].keys() == direct(*EXTRAS)
    assert tables["To work on it"].keys() == direct("dev") - direct(*EXTRAS)
    brought = closure(direct() | direct(*EXTRAS)) - direct() - direct(*EXTRAS)
    assert tables["Indirect dependencies"].keys() == brought


def test_the_licences_are_those_that_the_packages_state() -> None:
    rows = {name: licence for table in documented().values() for name, licence in table.items()}
    stated = {name: licence_of(package) for name in rows if (package := found(name)) is not None}
    assert {name: licence for name, licence in stated.items() if licence != rows[name]} == {}


def test_no_package_obliges_us_to_anything_unnoticed() -> None:
    assert not closure(direct()) & documented()["Copyleft"].keys()
    installed = closure(direct() | direct(*EXTRAS, "dev"))
    licences = {
        name: licence_of(package) for name in installed if (package := found(name)) is not None
    }
    exceptions = documented()["Copyleft"]
    assert {
        name: licence
        for name, licence in licences.items()
        if not permissive(licence) and name not in exceptions
    } == {}


def test_everything_that_is_installed_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = {canonicalize_name(line.partition("==")[0]) for line in lines if "==" in line}
    assert closure(direct() | direct(*EXTRAS, "dev")) - pinned == set()
