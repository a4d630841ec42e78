"""One declaration for each key: mappings of a file as pydantic models, read from its nodes.

A model's fields say everything about its keys: kind, bounds, default, meaning. Reading, messages,
the JSON Schema for editors and the tables of the documentation follow from them. Models are fed
with the nodes as written, so every value knows its place. What is wrong is noted in `Findings`,
once for each place.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticUndefined, core_schema

from monitor.errors import Place, Problem
from monitor.yamlfile.document import Entry, Listing, Table, YamlNode, described
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.suggestion import unknown_key
from monitor.yamlfile.values import WrongValueError

Shape = Mapping[str, Any]
"""JSON Schema (draft 7)."""

_SHOWN, _REQUIRED = "x-shown", "x-required"
_NOISE = ("title", "default", _SHOWN, _REQUIRED)
_NULL = {"type": "null"}
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def key(
    meaning: str,
    *,
    default: Any = PydanticUndefined,
    required: bool = False,
    shown: str = "–",
    alias: str | None = None,
    example: str | None = None,
) -> Any:
    """A field that is a key of a mapping.

    `meaning` and `shown` (what counts without the key) are Markdown, as in the documentation.
    A key without a `default` is `required`, and `example` says how to write it. Where it is missing
    or wrong, the attribute is the default, or None, which only `read_partial` lets you see.
    """
    required = required or default is PydanticUndefined
    extra: dict[str, Any] = {_SHOWN: "required" if required else shown}
    if required:
        extra[_REQUIRED] = example or ""
    given = None if default is PydanticUndefined else default
    return Field(given, description=meaning, alias=alias, json_schema_extra=extra)


class YamlModel(BaseModel):
    """A mapping: every field is a key. Read it with `read_model`."""

    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
        json_schema_extra=lambda schema, model: _describe(schema, model),  # noqa: PLW0108 (it is below)
    )

    what: ClassVar[str] = "a mapping"
    """What it is, in messages: "an inhibit rule"."""
    instead: ClassVar[Mapping[str, str]] = {}
    """What to write for keys that people expect here."""
    shown_as: ClassVar[str] = "a mapping"
    """What is expected, where something else stands."""
    veiled: ClassVar[bool] = False
    """Whether what stands there instead may be a secret."""
    schema_more: ClassVar[Shape] = {}
    """What the JSON Schema says beyond the keys."""
    schema_change: ClassVar[Callable[[Shape], Shape] | None] = None
    """What becomes of the JSON Schema at the end."""

    _table: Table = PrivateAttr()
    _sound: bool = PrivateAttr(default=True)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong in it."""
        return self._sound

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The keys that are there, as written."""
        return self._table.entries

    def place(self, name: str | None = None) -> Place:
        """Where the value of the key `name` stands. The mapping's own place when the key is left
        out or none is named."""
        value = self._table.value(name) if name else None
        return self._table.place if value is None else value.place

    def given(self, name: str) -> bool:
        """Whether the key is there."""
        return name in self._table.entries

    def given_values(self) -> dict[str, Any]:
        """The values of the keys that are there, by their fields' names."""
        return {
            name: getattr(self, name)
            for name, found in type(self).model_fields.items()
            if self.given(found.alias or name)
        }

    @model_validator(mode="wrap")
    @classmethod
    def _from_table(
        cls, node: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        if isinstance(node, dict):  # pydantic comes twice where a schema is held in another
            return handler(node)
        findings = _findings(info)
        if not isinstance(node, Table):
            found = described(node, veiled=cls.veiled)
            findings.wrong(f"{_prefix(info)}expected {cls.shown_as}, found {found}", node.place)
            raise NotedError
        before = findings.noted
        fields = cls.by_key()
        for entry in node.entries.values():
            if entry.key not in fields:
                message, hint = unknown_key(cls.what, entry, fields)
                findings.wrong(message, entry.place, cls.instead.get(entry.key) or hint)
        for name, field in fields.items():
            example = _extra(field).get(_REQUIRED)
            if example is not None and name not in node.entries and not cls._meant(name, node):
                findings.wrong(f'{cls.what} needs "{name}"', node.place, example or None)
        values = {name: entry.value for name, entry in node.entries.items()}
        try:
            model = handler(values)
        except ValidationError as error:  # noted; what is wrong reads as left out
            wrong = _wrong_in(error)
            model = handler({name: each for name, each in values.items() if name not in wrong})
        model._table = node  # noqa: SLF001 (its own)
        model._sound = findings.noted == before  # noqa: SLF001
        return model

    @classmethod
    def by_key(cls) -> Mapping[str, FieldInfo]:
        """The fields by the names that are written, in their order."""
        return {found.alias or name: found for name, found in cls.model_fields.items()}

    @classmethod
    def _meant(cls, name: str, node: Table) -> bool:
        """Whether another key, which has been refused, was meant as this required one."""
        return any(name in cls.instead.get(other, "") for other in node.entries)


ModelT = TypeVar("ModelT", bound=YamlModel)


class NotedError(ValueError):
    """What is wrong has been noted already."""


class WrongPlacesError(ValueError):
    """What is wrong inside a value, each at a place of its own."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


def read_partial(model: type[ModelT], node: YamlNode, findings: Findings) -> ModelT | None:
    """The mapping, for checks across its keys; None when it is not one.

    What is wrong is noted and reads as left out; `sound` is false then.
    """
    try:
        return model.model_validate(node, context=findings)
    except ValidationError:
        return None


def read_model(model: type[ModelT], node: YamlNode, findings: Findings) -> ModelT | None:
    """The mapping; None when something in it is wrong, which is noted."""
    found = read_partial(model, node, findings)
    return found if found is not None and found.sound else None


def _findings(info: ValidationInfo) -> Findings:
    if not isinstance(info.context, Findings):
        raise TypeError("a YamlModel is validated by read_model")
    return info.context


def _wrong_in(error: ValidationError) -> set[int | str]:
    """The keys or numbers under which something is wrong, which is noted."""
    return {detail["loc"][0] for detail in error.errors(include_url=False) if detail["loc"]}


def _without_wrong(nodes: Sequence[YamlNode], handler: Callable[[Any], Any]) -> Any:
    try:
        return handler(nodes)
    except ValidationError as error:
        wrong = _wrong_in(error)
        return handler([node for number, node in enumerate(nodes) if number not in wrong])


def _prefix(info: ValidationInfo) -> str:
    return f"{info.field_name.rstrip('_')}: " if info.field_name else ""


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """How one value is read; annotate a field's type with it.

    `read` makes the value from its node. Its ValueError says what was expected and what was found
    (a WrongValueError has a hint, a WrongPlacesError places of its own); it is noted with the key
    in front. `shape` is what an editor checks.
    """

    read: Callable[[Any], Any]
    shape: Shape

    def __get_pydantic_core_schema__(
        self, _: Any, __: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(self.validated)

    def __get_pydantic_json_schema__(self, _: Any, __: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.shape)

    def validated(self, node: Any, info: ValidationInfo) -> Any:
        """What pydantic calls."""
        try:
            return self.read(node)
        except WrongPlacesError as error:
            for problem in error.problems:
                _findings(info).wrong(_prefix(info) + problem.message, problem.place, problem.hint)
        except ValueError as error:
            hint = error.hint if isinstance(error, WrongValueError) else None
            prefix = _prefix(info)
            if str(error).startswith("is "):
                prefix = prefix.replace(":", "")
            _findings(info).wrong(f"{prefix}{error}", node.place, hint)
        raise NotedError


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """A list of values; annotate a tuple's type with it.

    With `alone`, one value stands for a list of one. With `empty`, an empty list is refused:
    `empty` says what is wrong with it, `hint` what to do. Of a list with wrong values the
    others are read, or with `whole` none. `veiled`: what stands there instead may be a secret.
    """

    alone: bool = False
    empty: str | None = None
    hint: str | None = None
    whole: bool = False
    veiled: bool = False

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_wrap_validator_function(self._read, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: Any, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        items = handler(schema).get("items", {})
        listed = {"type": "array", "items": items, **({"minItems": 1} if self.empty else {})}
        return {"anyOf": [items, listed]} if self.alone else listed

    def _read(self, node: Any, handler: Callable[[Any], Any], info: ValidationInfo) -> Any:
        findings, prefix = _findings(info), _prefix(info)
        if isinstance(node, Listing):
            if self.empty and not node.items:
                hint = self.hint or f'name at least one, or leave "{prefix.rstrip(": ")}" out'
                findings.wrong(prefix + self.empty, node.place, hint)
                raise NotedError
            return handler(node.items) if self.whole else _without_wrong(node.items, handler)
        if not self.alone:
            found = described(node, veiled=self.veiled)
            findings.wrong(
                f"{prefix}expected a list, found {found}", node.place, 'each begins with "- "'
            )
            raise NotedError
        return handler((node,))


NARROWS = "the list is empty"
"""Why an empty list is refused where a list narrows: it would narrow nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class MappingOr:
    """A mapping of `model`, or one value of `leaf`; annotate the field's type with it."""

    model: type[YamlModel]
    leaf: Leaf

    def __get_pydantic_core_schema__(
        self, _: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_wrap_validator_function(
            self._read, handler.generate_schema(self.model)
        )

    def __get_pydantic_json_schema__(
        self, schema: Any, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [dict(self.leaf.shape), handler(schema)]}

    def _read(self, node: Any, handler: Callable[[Any], Any], info: ValidationInfo) -> Any:
        return handler(node) if isinstance(node, Table) else self.leaf.validated(node, info)


# --- what follows from the declarations -----------------------------------------------------------


class _Generator(GenerateJsonSchema):
    ignored_warning_kinds = {"non-serializable-default"}  # noqa: RUF012 (as pydantic has it)


def model_shape(model: type[YamlModel]) -> dict[str, Any]:
    """The mapping as JSON Schema (draft 7), each key with its meaning for an editor's hover."""
    schema = model.model_json_schema(
        by_alias=True, ref_template="#/definitions/{model}", schema_generator=_Generator
    )
    definitions = schema.pop("$defs", {})
    return {**schema, **({"definitions": definitions} if definitions else {})}


def keys_markdown(model: type[YamlModel]) -> str:
    """The keys as a table of the documentation, ending in a newline."""
    rows = "".join(
        f"| `{name}` | {_extra(found)[_SHOWN]} | {found.description} |\n"
        for name, found in model.by_key().items()
    )
    return f"| key | default | meaning |\n| --- | --- | --- |\n{rows}"


def plain_text(markdown: str) -> str:
    """Without marks and links."""
    unlinked = _LINK.sub(r"\1", markdown)
    return unlinked.replace("`", "").replace("**", "").replace("\\|", "|").replace("*", "")


def _extra(found: FieldInfo) -> dict[str, Any]:
    extra = found.json_schema_extra
    return extra if isinstance(extra, dict) else {_SHOWN: "–"}


def _describe(schema: dict[str, Any], model: type[Any]) -> None:
    """Put the words of the keys in place of pydantic's."""
    properties, required = schema.get("properties", {}), []
    for name, found in model.by_key().items():
        shown = _extra(found)[_SHOWN]
        if _REQUIRED in _extra(found):
            required.append(name)
        without = "" if shown in ("–", "required") else f" Default: {shown}."
        meaning = found.description or ""
        words = plain_text(f"{meaning[:1].upper()}{meaning[1:]}.{without}")
        kept = {key: value for key, value in properties[name].items() if key not in _NOISE}
        if _NULL in kept.get("anyOf", ()):  # a key that may be left out: its value is never null
            others = [each for each in kept.pop("anyOf") if each != _NULL]
            kept |= others[0] if len(others) == 1 else {"anyOf": others}
        if "$ref" in kept:  # in draft 7 nothing counts beside it
            kept["allOf"] = [{"$ref": kept.pop("$ref")}]
        properties[name] = {**kept, "description": words}
    schema.pop("title", None)
    schema.pop("description", None)
    needed = {"required": required} if required else {}
    schema.update({"additionalProperties": False, **needed, **model.schema_more})
    if model.schema_change is not None:
        changed = dict(model.schema_change(dict(schema)))
        schema.clear()
        schema.update(changed)
