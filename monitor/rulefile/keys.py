"""The keys of a mapping in the rules file: what the reader allows, the documentation lists and
an editor completes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitor.yamlfile.kinds import mapping
from monitor.yamlfile.models import Shape

_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """`meaning` and `default` are Markdown, as in the documentation; `shape` is what its value
    looks like."""

    meaning: str
    shape: Shape
    default: str = "–"
    required: bool = False


Keys = Mapping[str, Key]


def table_shape(keys: Keys, **more: Any) -> Shape:
    """The mapping with these keys, each with what it means for whoever hovers over it."""
    described = {name: {**key.shape, "description": told(key)} for name, key in keys.items()}
    return mapping(described, required=[name for name, key in keys.items() if key.required], **more)


def told(key: Key) -> str:
    """What it means and what it is without, as plain text."""
    without = "" if key.required or key.default == "–" else f" Default: {key.default}."
    return plain_text(f"{key.meaning[:1].upper()}{key.meaning[1:]}.{without}")


def plain_text(markdown: str) -> str:
    """Without marks and links."""
    return (
        _LINK.sub(r"\1", markdown)
        .replace("`", "")
        .replace("**", "")
        .replace("\\|", "|")
        .replace("*", "")
    )


def keys_markdown(keys: Keys) -> str:
    """The table of the documentation, ending in a newline."""
    rows = "".join(
        f"| `{name}` | {'required' if key.required else key.default} | {key.meaning} |\n"
        for name, key in keys.items()
    )
    return f"| key | default | meaning |\n| --- | --- | --- |\n{rows}"
