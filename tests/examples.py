"""How many examples a property is tried with."""

from hypothesis import settings


def examples(number: int) -> int:
    """`number` in the full run, and of costly ones the same share of it as of all others in the
    quick run."""
    return number * settings.default.max_examples // settings.get_profile("patient").max_examples
