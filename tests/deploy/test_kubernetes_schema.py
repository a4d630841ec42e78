"""Every manifest against the schemas of the Kubernetes API and of the Prometheus operator.
Nothing unknown is let through."""

import copy
from collections.abc import Mapping
from typing import Any

import kubernetes_validate
import pytest
import yaml
from cloudcoil.models.prometheus_operator import v1 as operator
from pydantic import BaseModel, ValidationError

from tests.deploy.manifests import (
    FOLDER,
    WHAT_CAN_BE_APPLIED,
    Resource,
    leaves,
    of_kind,
    only,
    rendered,
)

VERSIONS = ("1.29", "1.33", "1.37")
"""The oldest that the README promises, one between, and the newest whose schemas are there."""
OPERATORS: Mapping[str, type[BaseModel]] = {
    "ServiceMonitor": operator.ServiceMonitor,
    "PrometheusRule": operator.PrometheusRule,
}


def check_kubernetes(resource: Resource, version: str) -> None:
    """ValidationError for a value that is wrong and for a key that is unknown."""
    kubernetes_validate.validate(dict(resource), version, strict=True)


def check_operator(resource: Resource) -> None:
    """The same for the operator's resources. Its models leave out what they do not know, so all
    of it has to come back."""
    model = OPERATORS[resource["kind"]].model_validate(resource)
    understood = model.model_dump(mode="json", by_alias=True, exclude_unset=True)
    unknown = {path for path, _ in leaves(resource)} - {path for path, _ in leaves(understood)}
    if unknown:
        raise ValueError(f"unknown: {sorted(map(str, unknown))}")


def changed(resource: Resource, *path: str | int, value: object) -> Resource:
    """A copy with another value at a place."""
    copied: Any = copy.deepcopy(dict(resource))
    place = copied
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return dict(copied)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("folder", WHAT_CAN_BE_APPLIED)
def test_every_resource_is_what_the_api_expects(folder: str, version: str) -> None:
    resources = [resource for resource in rendered(folder) if resource["kind"] not in OPERATORS]
    assert len(resources) >= 7
    for resource in resources:
        check_kubernetes(resource, version)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_example_of_the_secret_is_what_the_api_expects(version: str) -> None:
    check_kubernetes(yaml.safe_load((FOLDER / "secret.example.yaml").read_text()), version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_typing_error_or_a_wrong_value_would_be_noticed(version: str) -> None:
    stateful = only("StatefulSet")
    spec = ("spec", "template", "spec")
    for wrong in (
        changed(stateful, *spec, "enableServiceLink", value=False),
        changed(
            stateful,
            *spec,
            "containers",
            0,
            "securityContext",
            "readOnlyRootFileSystem",
            value=True,
        ),
        changed(stateful, *spec, "terminationGracePeriodSeconds", value="30s"),
        changed(only("NetworkPolicy"), "spec", "ingres", value=[]),
    ):
        with pytest.raises(kubernetes_validate.ValidationError):
            check_kubernetes(wrong, version)


def test_the_operators_resources_are_what_it_expects() -> None:
    found = [resource for kind in OPERATORS for resource in of_kind(kind, "overlays/example")]
    assert found
    for resource in found:
        check_operator(resource)


def test_a_typing_error_in_the_operators_resources_would_be_noticed() -> None:
    monitor = only("ServiceMonitor", "overlays/example")
    with pytest.raises(ValueError, match="intervall"):
        check_operator(changed(monitor, "spec", "endpoints", 0, "intervall", value="30s"))
    with pytest.raises(ValidationError):
        check_operator(changed(monitor, "spec", "endpoints", 0, "interval", value="30"))
