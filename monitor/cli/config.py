"""`config`: the settings in force, and where each comes from."""

import typer

from monitor.cli.arguments import AsJson
from monitor.cli.failures import report_problems
from monitor.cli.invocation import load_settings_of
from monitor.cli.tables.record_table import Column, print_records

_COLUMNS = (
    Column("Setting", "setting", name=True),
    Column("Value", "value", text=True, below=True),
    Column("From", "origin", text=True),
)


def config(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Print the settings in force and where each comes from. Secrets are masked."""
    from monitor.settings import describe

    loaded = load_settings_of(ctx)
    report_problems(loaded.warnings, kind="warning")
    records = [
        {"setting": setting, "value": value, "origin": origin}
        for setting, value, origin in describe(loaded)
    ]
    print_records(records, _COLUMNS, as_json=as_json)
