"""What the Dockerfile promises, read from its text; what it builds is looked at in test_image."""

import re
import subprocess
import tomllib

from tests.deploy.image import BASE, DOCKERFILE, ROOT
from tests.real import require

TEXT = DOCKERFILE.read_text()


def test_hadolint_has_nothing_to_say() -> None:
    command = [require("hadolint"), "--no-color", "--failure-threshold", "style", DOCKERFILE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


def test_hadolint_would_say_something() -> None:
    careless = "FROM python:latest\nRUN pip install bsg-monitor\n"
    done = subprocess.run(
        [require("hadolint"), "-"], input=careless, capture_output=True, text=True, check=False
    )
    assert {"DL3007", "DL3013", "DL3042"} <= set(re.findall(r"DL\d+", done.stdout))
    assert done.returncode == 1


def test_every_stage_begins_with_the_same_release_of_python() -> None:
    stages = re.findall(r"^FROM (\S+)", TEXT, re.MULTILINE)
    assert len(stages) == 2
    assert set(stages) == {BASE}
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-bookworm(@sha256:[0-9a-f]{64})?", BASE)
    assert f'image.base.name="docker.io/library/{BASE.partition("@")[0]}"' in TEXT


def test_the_label_names_the_version_that_is_built() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert re.findall(r"^ARG VERSION=(.*)$", TEXT, re.MULTILINE) == [project["version"]]
    assert f'image.description="{project["description"]}"' in TEXT
    assert f'image.licenses="{project["license"]}"' in TEXT


def test_the_extras_that_may_be_asked_for_are_the_packages_own() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    assert re.search(r"^# Extras of the package, with commas: (.*)\.$", TEXT, re.MULTILINE)[
        1
    ].split(", ") == [  # type: ignore[index]
        "uvloop",
        "postgres",
        "apprise",
    ]
    assert {"uvloop", "postgres", "apprise"} == set(extras) - {"dev"}
    assert re.findall(r"^ARG EXTRAS=(.*)$", TEXT, re.MULTILINE) == ["uvloop"]
