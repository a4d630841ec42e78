"""The runbooks: what to do when a rule fires. Written in Markdown, shown as a page."""

import re
from functools import cache
from importlib import resources

from markdown_it import MarkdownIt
from markupsafe import Markup

_HEADING = re.compile(r"<h3>(\w+)</h3>")


def runbooks_markdown() -> str:
    """The text, a section for each rule of the default file and for each alert about the monitor
    itself."""
    return (resources.files("monitor.web") / "runbooks.md").read_text(encoding="utf-8")


@cache
def runbooks_html() -> Markup:
    """The text as HTML; the anchor of a section is its name in lower case."""
    html = MarkdownIt("commonmark", {"html": False}).render(runbooks_markdown())
    anchored = _HEADING.sub(lambda found: f'<h3 id="{found[1].lower()}">{found[1]}</h3>', html)
    return Markup(anchored)  # noqa: S704 (our own text, rendered without its HTML)
