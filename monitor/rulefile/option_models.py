"""What an option model says of itself: its fields as they are written, which of them are secrets,
and its JSON Schema."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from monitor.notify import AlsoWritten, ReceiverOptions
from monitor.yamlfile.kinds import TEXT
from monitor.yamlfile.models import Shape, plain_text

FILE_SUFFIX = "_file"
"""A secret may be read from a file: `url_file` holds the path of the file that holds `url`."""

Model = type[ReceiverOptions]
_NOISE = ("title", "format", "writeOnly")
_BOUNDS = {"ge": "minimum", "le": "maximum"}
_WRITTEN = {str: "string", int: "integer"}
_VEILED = "**********"


def fields_as_written(model: Model) -> Mapping[str, FieldInfo]:
    """The model's fields by the names that are written."""
    return MappingProxyType(
        {found.alias or name: found for name, found in model.model_fields.items()}
    )


def secret_fields(model: Model) -> tuple[str, ...]:
    """The fields that may be read from a file."""
    return tuple(
        name for name, found in fields_as_written(model).items() if _holds_secret(found.annotation)
    )


def _holds_secret(annotation: object) -> bool:
    if get_origin(annotation) in (dict, Mapping):  # many secrets, each with a name of its own
        return False
    return annotation is SecretStr or any(map(_holds_secret, get_args(annotation)))


def nested_model(annotation: object) -> Model | None:
    """The model that a field's value is of."""
    if isinstance(annotation, type) and issubclass(annotation, ReceiverOptions):
        return annotation
    return next(
        (found for found in map(nested_model, get_args(annotation)) if found is not None), None
    )


def model_at(location: tuple[str | int, ...], model: Model) -> Model | None:
    """The model that the names in `location` lead to."""
    found: Model | None = model
    for part in location:
        if found is None or part not in fields_as_written(found):
            return None
        found = nested_model(fields_as_written(found)[str(part)].annotation)
    return found


def secret_texts(
    given: object, model: Model, above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every text that was given as a secret, behind the names that lead to its option."""
    if not isinstance(given, dict):
        return
    for name, found in fields_as_written(model).items():
        value = given.get(name)
        inner = nested_model(found.annotation)
        if inner is not None:
            yield from secret_texts(value, inner, (*above, name))
        elif _mentions_secret(found.annotation):
            yield from (((*above, name), text) for text in _texts(value))


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _texts(item)
        case dict():
            yield from _texts(list(value.values()))


def option_may_show(model: Model, path: tuple[str, ...]) -> bool:
    """Whether the value under these keys of a receiver's options may be shown. What the model
    does not know may be one."""
    if not path:
        return False
    name, below = path[0], path[1:]
    fields = fields_as_written(model)
    if name in fields:
        inner = nested_model(fields[name].annotation)
        return (
            option_may_show(inner, below)
            if inner is not None
            else not _mentions_secret(fields[name].annotation)
        )
    return not below and name.removesuffix(FILE_SUFFIX) in secret_fields(model)


def option_is_known(model: Model, path: tuple[str, ...]) -> bool:
    """Whether the last of these keys of a receiver's options is one of the model's, or of one
    within it."""
    if not path:
        return False
    owner = model_at(path[:-1], model)
    return owner is not None and (
        path[-1] in fields_as_written(owner)
        or (
            path[-1].endswith(FILE_SUFFIX)
            and path[-1].removesuffix(FILE_SUFFIX) in secret_fields(owner)
        )
    )


def _mentions_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(map(_mentions_secret, get_args(annotation)))


# --- JSON Schema ----------------------------------------------------------------------------------


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
