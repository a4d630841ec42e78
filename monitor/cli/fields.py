"""`fields`: every name that a condition may use."""

from typing import Annotated

import typer

from monitor.cli import completion
from monitor.cli.arguments import AsJson, one_of
from monitor.cli.tables.printing import write
from monitor.cli.tables.record_table import Column, print_records

FIELD_COLUMNS = (
    Column("Scope", "scope", dull=True),
    Column("Field", "field"),
    Column("Type", "type", spare=2),
    Column("Unit", "unit", spare=3),
    Column("Null", "nullable", spare=1),
    Column("Meaning", "meaning", text=True, below=True),
)


def fields(
    scope: Annotated[
        str | None,
        typer.Option(
            help="Only this scope: campaign, sender, account or receiver.",
            metavar="SCOPE",
            autocompletion=completion.scopes,
        ),
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the tables of the documentation, in Markdown.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List every field a rule's condition may use: its type, its unit, whether it can be null,
    what it means."""
    from monitor.domain.fields.catalogue import FIELDS, fields_markdown

    if markdown and (as_json or scope is not None):
        raise typer.BadParameter("--markdown stands alone: it prints every scope")
    if markdown:
        write(fields_markdown())
        return
    scopes = one_of([scope] if scope else None, tuple(FIELDS), "--scope") or FIELDS.keys()
    records = [
        {
            "scope": name,
            "field": field.name,
            "type": field.type.value,
            "unit": field.unit.replace("`", ""),
            "nullable": field.nullable,
            "event_only": field.event_only,
            "values": list(field.values),
            "meaning": field.description.replace("`", "")
            + (" (event rules only)" if field.event_only else ""),
        }
        for name, table in FIELDS.items()
        if name in scopes
        for field in table.values()
    ]
    print_records(records, FIELD_COLUMNS, as_json=as_json)
