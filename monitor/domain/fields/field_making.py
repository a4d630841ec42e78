"""Short ways to write down a field."""

from monitor.domain.campaign.snapshot import DOCUMENTED_STATUSES
from monitor.domain.fields.field import Field, FieldType


def read(
    name: str,
    kind: FieldType,
    read: str,
    description: str,
    unit: str = "",
    *,
    nullable: bool = False,
) -> Field:
    """A field that is read from its subject once."""
    return Field(
        name=name, type=kind, read=read, description=description, unit=unit, nullable=nullable
    )


def made(
    name: str,
    kind: FieldType,
    made_of: str,
    description: str,
    unit: str = "",
    *,
    guards: tuple[str, ...] = (),
) -> Field:
    """A field that is made of others; null unless all of `guards` hold."""
    nullable = bool(guards)
    return Field(
        name=name,
        type=kind,
        made_of=made_of,
        description=description,
        unit=unit,
        nullable=nullable,
        guards=guards,
    )


def quiet() -> Field:
    """Every scope can ask for the hour."""
    return read(
        "in_quiet_hours",
        FieldType.BOOL,
        "_a.in_quiet_hours",
        "whether it is now within the file's `quiet_hours`",
    )


def status(name: str, read: str, description: str, *, event_only: bool = False) -> Field:
    """A nullable status is known in event rules only."""
    return Field(
        name=name,
        type=FieldType.TEXT,
        read=read,
        description=description,
        values=DOCUMENTED_STATUSES,
        extensible=True,
        nullable=event_only,
        event_only=event_only,
    )
