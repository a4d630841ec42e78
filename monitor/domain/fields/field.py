"""One name that a condition or a text may use, and the shorthands that the tables of fields are
written with."""

from dataclasses import dataclass
from enum import StrEnum

from monitor.domain.campaign.snapshot import DOCUMENTED_STATUSES

FieldValue = str | int | float | bool | None


class FieldType(StrEnum):
    """What a value is. A text constant beside a duration or a time is read as one."""

    NUMBER = "number"
    TEXT = "text"
    BOOL = "bool"
    TIME = "time"
    DURATION = "duration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One name. `values`, if given, are the only texts it can be compared with.

    A field is either read from its subject once (`read`, an expression over the parameters of its
    scope) or made of other fields where it is needed (`made_of`, an expression over their names).
    All `guards` (also expressions) must hold, in this order; otherwise the field is null. The guard
    of a nullable field that is read is that it is not null.
    """

    name: str
    type: FieldType
    description: str
    unit: str = ""
    nullable: bool = False
    event_only: bool = False
    values: tuple[str, ...] = ()
    extensible: bool = False  # `extra_statuses` of rules.yaml add to `values`
    read: str = ""
    made_of: str = ""
    guards: tuple[str, ...] = ()

    @property
    def conditions(self) -> tuple[str, ...]:
        """What must hold, in this order, for the field not to be null."""
        return (f"{self.name} is not None",) if self.nullable and not self.guards else self.guards


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
        "whether the file's `quiet_hours` apply now",
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
