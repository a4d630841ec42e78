"""Which receiver stands in for which: names that exist, and no circle."""

from collections.abc import Mapping

from monitor.rulefile.receivers import Receiver
from monitor.yamlfile.findings import Findings
from monitor.yamlfile.suggestion import did_you_mean


def check_fallbacks(receivers: Mapping[str, Receiver | None], findings: Findings) -> None:
    """`receivers` by name, None for one in which something is wrong. A chain is fine; one that
    comes back never ends."""
    reported: set[str] = set()
    for receiver in receivers.values():
        if receiver is None or receiver.fallback is None:
            continue
        if receiver.fallback not in receivers:
            hint = did_you_mean(receiver.fallback, receivers) or f"there are {', '.join(receivers)}"
            findings.wrong(
                f'fallback: "{receiver.fallback}" is no receiver of this file',
                receiver.fallback_place,
                hint,
            )
            continue
        chain = _chain(receiver, receivers)
        if chain[-1] == receiver.name and receiver.name not in reported:
            reported.update(chain)
            words = (
                "is the receiver itself"
                if len(chain) == 2
                else f"comes back to where it began: {' → '.join(chain)}"
            )
            findings.wrong(
                f"fallback: {words}",
                receiver.fallback_place,
                "the last one of a chain has no fallback",
            )


def _chain(start: Receiver, receivers: Mapping[str, Receiver | None]) -> list[str]:
    """The names from `start` on, up to the end or to the first that recurs."""
    names = [start.name]
    current: Receiver | None = start
    while current is not None and current.fallback is not None:
        seen = current.fallback in names
        names.append(current.fallback)
        if seen:
            break
        current = receivers.get(current.fallback)
    return names
