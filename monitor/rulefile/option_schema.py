"""What the options of a receiver look like, from their model."""

from collections.abc import Mapping
from typing import Any, get_args

from monitor.notify import AlsoWritten
from monitor.rulefile.keys import plain_text
from monitor.rulefile.option_models import (
    FILE_SUFFIX,
    Model,
    fields_as_written,
    nested_model,
    secret_fields,
)
from monitor.yamlfile.kinds import TEXT
from monitor.yamlfile.models import Shape

_NOISE = ("title", "format", "writeOnly")
_BOUNDS = {"ge": "minimum", "le": "maximum"}
_WRITTEN = {str: "string", int: "integer"}
_VEILED = "**********"


def options_shape(model: Model) -> Shape:
    """The mapping of options; nothing at all where none is a must."""
    written = model.model_json_schema(by_alias=True)
    fields, secrets = fields_as_written(model), secret_fields(model)
    properties: dict[str, Shape] = {}
    for name, found in fields.items():
        inner = nested_model(found.annotation)
        shape = _cleaned(written["properties"][name])
        if inner is not None:
            shape = {"anyOf": [options_shape(inner), {"type": "null"}]}
        elif also := _also(found.annotation, found.metadata):
            shape = {"anyOf": [{"type": _WRITTEN[also.type]}, shape]}
        properties[name] = {**shape, "description": plain_text(found.description or "")}
        if name in secrets:
            properties[f"{name}{FILE_SUFFIX}"] = {
                **TEXT,
                "description": f"A file that holds {name}, relative to this one.",
            }
    musts = [_there([name], secrets) for name, found in fields.items() if found.is_required()]
    if model.ways:
        musts.append({"anyOf": [_there(way, secrets) for way in model.ways]})
    either = [{"not": {"required": [name, f"{name}{FILE_SUFFIX}"]}} for name in secrets]
    return {
        "type": "object" if musts else ["object", "null"],
        "properties": properties,
        "additionalProperties": False,
        **({"allOf": [*musts, *either]} if musts or either else {}),
    }


def _there(names: Any, secrets: tuple[str, ...]) -> Shape:
    """Each of these is given, a secret in its place or in a file."""
    each = [
        {"anyOf": [{"required": [name]}, {"required": [f"{name}{FILE_SUFFIX}"]}]}
        if name in secrets
        else {"required": [name]}
        for name in names
    ]
    return each[0] if len(each) == 1 else {"allOf": each}


def _cleaned(shape: Any) -> Any:
    """pydantic's schema without what says nothing to an editor, and with its bounds in JSON
    Schema's words."""
    if isinstance(shape, list):
        return [_cleaned(each) for each in shape]
    if not isinstance(shape, Mapping):
        return shape
    kept = {
        key: value
        for key, value in shape.items()
        if key not in _NOISE and not (key == "default" and value in (None, _VEILED))
    }
    return {_BOUNDS.get(key, key): _cleaned(value) for key, value in kept.items()}


def _also(annotation: object, metadata: object = ()) -> AlsoWritten | None:
    """What may be written in place of the field's own type."""
    for each in (*(metadata if isinstance(metadata, list | tuple) else ()), *get_args(annotation)):
        found = each if isinstance(each, AlsoWritten) else _also(each)
        if found is not None:
            return found
    return None
