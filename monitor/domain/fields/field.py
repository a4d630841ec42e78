"""What a field is: a name that conditions and templates may use. The fields themselves are in
`fields.py`."""

from dataclasses import dataclass
from enum import StrEnum

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
    """One name. `values`, where given, are the only texts it can be compared with.

    A field is either read from its subject once (`read`, an expression over the parameters of
    its scope) or made of other fields where it is needed (`made_of`, an expression over their
    names). Every one of `guards` (expressions likewise) must hold, in this order, or else the
    field is null; for a nullable field that is read, being not null is the guard.
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
