"""How long reports take to arrive: what was handed over so long ago is judged, what is younger
is not."""

from dataclasses import dataclass

DEFAULT_SETTLE_SECONDS = 15 * 60.0


@dataclass(frozen=True, slots=True)
class Settle:
    """`settle:` of a rule or of the whole file, in seconds: `default`, and what differs from it
    by message type."""

    default: float = DEFAULT_SETTLE_SECONDS
    by_type: tuple[tuple[str, float], ...] = ()

    def seconds(self, message_type: str) -> float:
        """How long reports of this type take."""
        for name, seconds in self.by_type:
            if name == message_type:
                return seconds
        return self.default

    @property
    def longest(self) -> float:
        """The most that any type takes: so far back samples must reach."""
        return (
            max(self.default, *(seconds for _, seconds in self.by_type))
            if self.by_type
            else self.default
        )


DEFAULT_SETTLE = Settle()
