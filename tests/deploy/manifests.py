"""What kustomize makes of deploy/kubernetes."""

import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import yaml

from tests.deploy.image import ROOT
from tests.real import require

FOLDER = ROOT / "deploy/kubernetes"
WHAT_CAN_BE_APPLIED = ("base", "overlays/example")

Resource = Mapping[str, Any]


@cache
def rendered(folder: str) -> tuple[Resource, ...]:
    """Every resource of a folder with a kustomization."""
    done = subprocess.run(
        [require("kubectl"), "kustomize", FOLDER / folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(kind: str, folder: str = "base") -> tuple[Resource, ...]:
    return tuple(resource for resource in rendered(folder) if resource["kind"] == kind)


def only(kind: str, folder: str = "base") -> Resource:
    """The one resource of a kind."""
    (resource,) = of_kind(kind, folder)
    return resource


def pod(folder: str = "base") -> Mapping[str, Any]:
    """The monitor's pod: `metadata` and `spec`."""
    template: Mapping[str, Any] = only("StatefulSet", folder)["spec"]["template"]
    return template


def container(folder: str = "base") -> Mapping[str, Any]:
    """The one container of the pod."""
    (found,) = pod(folder)["spec"]["containers"]
    return dict(found)


def leaves(
    value: object, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Every scalar of a nested value, with the way to it."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from leaves(each, (*path, key))
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from leaves(each, (*path, number))
    else:
        yield path, value
