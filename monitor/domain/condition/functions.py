"""The functions of the language."""

from collections.abc import Sequence
from datetime import timedelta

from monitor.domain.campaign.baseline import (
    BASELINE_FIELDS,
    SENDER_BASELINE_FIELDS,
    UTC,
    BaselineSpan,
)
from monitor.domain.condition.faults import SourceText, TextSpan
from monitor.domain.condition.nodes import (
    Arithmetic,
    Constant,
    FieldUse,
    FunctionCall,
    Matches,
    Node,
    Past,
    Usual,
)
from monitor.domain.condition.operators import Operators
from monitor.domain.condition.patterns import compile_pattern
from monitor.domain.condition.vocabulary import (
    LONGEST_BASELINE,
    LONGEST_LOOK_BACK,
    MOST_ARGUMENTS,
    SHORTEST_BASELINE,
    SHORTEST_LOOK_BACK,
)
from monitor.domain.fields.catalogue import FIELDS, FieldType, has_past
from monitor.domain.safetext.shown_text import counted
from monitor.domain.times.duration import format_duration
from monitor.domain.times.zones import time_zone, zone_fault

PAST_FUNCTIONS = ("ago", "increase", "rate")

_USUAL = {"campaign": frozenset(BASELINE_FIELDS), "sender": SENDER_BASELINE_FIELDS}
_MEASURES = (FieldType.NUMBER, FieldType.DURATION, FieldType.TIME)


class Functions:
    """Types the calls of one condition; what does not fit becomes a fault and gives None."""

    def __init__(self, source: SourceText, operators: Operators) -> None:
        self._source = source
        self._operators = operators

    def call(self, name: str, arguments: Sequence[Node], span: TextSpan) -> Node | None:
        """A call of one of `FUNCTIONS`."""
        if name == "matches":
            return self._matches(arguments, span)
        if name in PAST_FUNCTIONS:
            return self._past(name, arguments, span)
        if name == "baseline":
            return self._usual(arguments, span)
        return self._measure(name, arguments, span)

    def _measure(self, name: str, arguments: Sequence[Node], span: TextSpan) -> FunctionCall | None:
        """`abs` of a number or duration; `min` and `max` of several numbers, durations or times."""
        least, most = (1, 1) if name == "abs" else (2, MOST_ARGUMENTS)
        allowed = _MEASURES[:2] if name == "abs" else _MEASURES
        if not least <= len(arguments) <= most:
            needed = "one argument" if name == "abs" else f"{least} to {most} arguments"
            self._operators.refuse(f"{name} wants {needed}, not {len(arguments)}", span)
            return None
        beside = next(
            (
                found.type
                for found in arguments
                if found.type in (FieldType.DURATION, FieldType.TIME)
            ),
            None,
        )
        fitted = [
            found
            for found in (self._operators.fit(argument, beside) for argument in arguments)
            if found is not None
        ]
        if len(fitted) < len(arguments):
            return None
        kind = fitted[0].type
        odd = next(
            (found for found in fitted if found.type is not kind or found.type not in allowed), None
        )
        if odd is None and kind is not None:
            return FunctionCall(type=kind, function=name, arguments=tuple(fitted), span=span)
        where = odd or fitted[0]
        types = " or ".join(f"{found}s" for found in allowed)
        alike = "" if name == "abs" else ", all alike"
        self._operators.refuse(f"{name} wants {types}{alike}; {self._shown(where)}", where.span)
        return None

    def _matches(self, arguments: Sequence[Node], span: TextSpan) -> Matches | None:
        if len(arguments) != 2:
            wrong = f"matches wants a text and a pattern, not {counted(len(arguments), 'argument')}"
            self._operators.refuse(wrong, span, 'write matches(name, "…")')
            return None
        subject, pattern = arguments
        if subject.type is not FieldType.TEXT:
            self._operators.refuse(
                f"matches searches in texts; {self._shown(subject)}", subject.span
            )
            return None
        if not isinstance(pattern, Constant) or not isinstance(pattern.value, str):
            self._operators.refuse(
                'matches wants its pattern written out, like "test|demo"', pattern.span
            )
            return None
        try:
            compile_pattern(pattern.value)
        except ValueError as error:
            self._operators.refuse(str(error), pattern.span)
            return None
        return Matches(subject=subject, pattern=pattern.value, span=span)

    def _past(self, name: str, arguments: Sequence[Node], span: TextSpan) -> Node | None:
        """Type `ago`, and `increase` and `rate` as what they stand for: a difference, and that
        divided by the seconds."""
        if len(arguments) != 2:
            wrong = (
                f"{name} wants a field and a duration, not {counted(len(arguments), 'argument')}"
            )
            self._operators.refuse(wrong, span, f'write {name}(sent, "10m")')
            return None
        use, back = arguments
        kept = [
            field.name for field in FIELDS["campaign"].values() if has_past("campaign", field.name)
        ]
        if (
            not isinstance(use, FieldUse)
            or use.field.name not in kept
            or FIELDS["campaign"].get(use.field.name) is not use.field
        ):
            hint = f"it is known of {', '.join(kept)}, of campaigns"
            self._operators.refuse(
                f"nothing is known of what {self._source.shown(use.span)} was", use.span, hint
            )
            return None
        if name != "ago" and use.type is not FieldType.NUMBER:
            self._operators.refuse(
                f"{name} wants a number; {self._shown(use)}", use.span, "write ago(…) to compare it"
            )
            return None
        seconds = self._look_back(name, back)
        if seconds is None:
            return None
        past = Past(field=use.field, seconds=seconds, span=span)
        if name == "ago":
            return past
        increase = Arithmetic(type=FieldType.NUMBER, operator="-", left=use, right=past, span=span)
        if name == "increase":
            return increase
        per = Constant(type=FieldType.NUMBER, value=seconds, span=back.span)
        return Arithmetic(type=FieldType.NUMBER, operator="/", left=increase, right=per, span=span)

    def _usual(self, arguments: Sequence[Node], span: TextSpan) -> Usual | None:
        if not 2 <= len(arguments) <= 3:
            wrong = (
                "baseline wants a field, a duration and perhaps a zone, not "
                f"{counted(len(arguments), 'argument')}"
            )
            self._operators.refuse(wrong, span, 'write baseline(delivery_ratio, "28d")')
            return None
        use, back, *zones = arguments
        allowed = {
            scope: [field for name, field in FIELDS[scope].items() if name in names]
            for scope, names in _USUAL.items()
        }
        if not isinstance(use, FieldUse) or not any(
            use.field is field for fields in allowed.values() for field in fields
        ):
            known = "; ".join(
                f"in scope {scope} of {', '.join(f.name for f in fields)}"
                for scope, fields in allowed.items()
            )
            self._operators.refuse(
                f"there is no baseline of {self._source.shown(use.span)}",
                use.span,
                f"there is one {known}",
            )
            return None
        seconds = self._look_back("baseline", back, SHORTEST_BASELINE, LONGEST_BASELINE)
        zone = self._zone(zones[0]) if zones else UTC
        return (
            None
            if seconds is None or zone is None
            else Usual(field=use.field, over=BaselineSpan(seconds, zone), span=span)
        )

    def _zone(self, node: Node) -> str | None:
        if not isinstance(node, Constant) or not isinstance(node.value, str):
            self._operators.refuse(
                'baseline wants its zone written out, like "Europe/Berlin"', node.span
            )
            return None
        if time_zone(node.value) is None:
            fault, hint = zone_fault(node.value)
            self._operators.refuse(f"{self._source.shown(node.span)} {fault}", node.span, hint)
            return None
        return node.value

    def _look_back(
        self,
        name: str,
        back: Node,
        shortest: float = SHORTEST_LOOK_BACK,
        longest: float = LONGEST_LOOK_BACK,
    ) -> float | None:
        fitted = self._operators.fit(back, FieldType.DURATION)
        if fitted is None:
            return None
        if not isinstance(fitted, Constant) or fitted.type is not FieldType.DURATION:
            self._operators.refuse(
                f'{name} wants its duration written out, like "10m"; {self._shown(back)}', back.span
            )
            return None
        seconds = float(fitted.value or 0)
        if not shortest <= seconds <= longest:
            bounds = " and ".join(
                format_duration(timedelta(seconds=bound)) for bound in (shortest, longest)
            )
            self._operators.refuse(f"{name} looks back between {bounds}", back.span)
            return None
        return seconds

    def _shown(self, node: Node) -> str:
        return (
            f"{self._source.shown(node.span)} is "
            f"{'null' if node.type is None else f'a {node.type}'}"
        )
