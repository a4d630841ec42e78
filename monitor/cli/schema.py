"""`schema`: the JSON Schema of rules.yaml."""

from monitor.cli.tables.printing import write


def schema() -> None:
    """Print the JSON Schema of rules.yaml (draft 7), by which editors complete and check it."""
    from monitor.rulefile import rules_schema_text

    write(rules_schema_text())
