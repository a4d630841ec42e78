"""The fields of a receiver, read from the `ReceiverView` `_v`."""

from monitor.domain.fields.field import FieldType, quiet, read

_N, _X, _T, _D = FieldType.NUMBER, FieldType.TEXT, FieldType.TIME, FieldType.DURATION

RECEIVER_FIELDS = (
    read("receiver", _X, "_v.receiver", "its name in the rules file"),
    read("integration", _X, "_v.integration", "its kind: `webhook`, `slack`, …"),
    read("now", _T, "_v.now.timestamp()", "the time of the evaluation"),
    quiet(),
    read(
        "failing_for",
        _D,
        "_v.failing_for",
        "how long deliveries have failed: time since the first failed attempt after "
        "its last success; null if its last attempt succeeded",
        "seconds",
        nullable=True,
    ),
    read(
        "dead_letters",
        _N,
        "_v.dead_letters",
        "messages given up in the last 30 days, except those that `outbox retry` has "
        "sent again or `outbox drop` has put aside",
        "messages",
    ),
    read("waiting", _N, "_v.waiting", "messages it has not confirmed yet", "messages"),
    read(
        "oldest_waiting",
        _D,
        "_v.oldest_waiting",
        "age of the oldest waiting message; null when none waits",
        "seconds",
        nullable=True,
    ),
)
