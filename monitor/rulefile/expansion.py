"""`${NAME}` and `${NAME:-default}` in receivers and the route, replaced after the YAML is
parsed; `$$` is a dollar."""

import re
from dataclasses import replace

from monitor.errors import Place
from monitor.settings import Lookup
from monitor.yamlfile.document import Entry, Listing, Scalar, Table, YamlNode
from monitor.yamlfile.findings import Findings

_REFERENCE = re.compile(
    r"\$\$|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|\$\{(?P<wrong>[^}\n]*)\}?"
)

_NEEDLESS = re.compile(r"(?<!\$)\$\$(?![${])")
"""A pair of dollars in which the first is not needed: was the second one copied with a secret
that holds both?"""


class Expansion:
    """Replaces references in a tree of nodes."""

    def __init__(self, lookup: Lookup, findings: Findings) -> None:
        self._lookup = lookup
        self._findings = findings

    def expand(self, node: YamlNode) -> YamlNode:
        """The same tree with references replaced. A name that is not set, or `${` without a
        name, is a problem."""
        match node:
            case Listing():
                return replace(node, items=tuple(self.expand(item) for item in node.items))
            case Table():
                entries = {
                    key: Entry(key, entry.place, self.expand(entry.value))
                    for key, entry in node.entries.items()
                }
                return replace(node, entries=entries)
            case Scalar(value=str() as text) if "$" in text:
                before = self._findings.count
                expanded = self._expanded(text, node)
                if self._findings.count > before:
                    self._findings.spoil(node.place)
                return replace(node, value=expanded, text=expanded)
            case _:
                return node

    def _expanded(self, text: str, node: Scalar) -> str:
        def replacement(match: re.Match[str]) -> str:
            name, wrong = match["name"], match["wrong"]
            if name is not None:
                return self._value(name, match["default"], node, match.start())
            if wrong is not None:
                self._findings.wrong(
                    "a reference is written ${NAME} or ${NAME:-default}",
                    _place(node, match.start()),
                    "write $$ for a dollar sign",
                )
            return "$"

        if doubled := _NEEDLESS.search(text):
            hint = (
                "write $ for one dollar and $$$$ for two: only a dollar before { or another is "
                "doubled"
            )
            self._findings.warn(
                "$$ stands for one dollar here", _place(node, doubled.start()), hint
            )
        return _REFERENCE.sub(replacement, text)

    def _value(self, name: str, default: str | None, node: Scalar, at: int) -> str:
        value = self._lookup(name)
        if value:
            return value
        if default is not None:
            return default
        state = "is empty" if value == "" else "is not set"
        hint = (
            "set it in the environment, in .env or in the secrets folder, or write ${"
            + name
            + ":-default}"
        )
        self._findings.wrong(f"${{{name}}} {state}", _place(node, at), hint)
        return ""


def _place(node: Scalar, at: int) -> Place:
    before = node.text[:at]
    return node.position(before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1)
