"""The values of all fields of one subject, for templates, JSON and tests. The functions are
generated from the catalogue."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import cast

from monitor.domain.campaign.account import AccountView
from monitor.domain.campaign.event import CampaignEvent
from monitor.domain.campaign.figures import DEFAULT_SETTLE, Settle
from monitor.domain.campaign.history import shown_at
from monitor.domain.campaign.receiver_view import ReceiverView
from monitor.domain.campaign.sample import Sample
from monitor.domain.campaign.sender import SenderView
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.campaign.tracking import TrackedCampaign
from monitor.domain.fields.catalogue import (
    FIELDS,
    FUNCTIONS_OF_FIELDS,
    NOTHING_SPECIAL,
    Field,
    FieldValue,
    Subject,
    Surroundings,
    fields_of,
    has_past,
)

_Getter = Callable[
    [Subject, CampaignEvent | None, float | None, Settle, Surroundings], dict[str, FieldValue]
]
_SUBJECTS: Mapping[str, type[Subject]] = {
    "sender": SenderView,
    "account": AccountView,
    "receiver": ReceiverView,
}


def field_values(
    scope: str,
    subject: Subject,
    now: float | None = None,
    *,
    event: CampaignEvent | None = None,
    settle: Settle = DEFAULT_SETTLE,
    around: Surroundings = NOTHING_SPECIAL,
) -> dict[str, FieldValue]:
    """Every field of the scope by name, in the order of `FIELDS`; times in Unix seconds, durations
    in seconds.

    Scope `campaign` needs a `TrackedCampaign` and `now` (Unix seconds). With `event` you get the
    fields of event rules, and the snapshot comes from the event. The other scopes need their view
    (`SenderView`, …), which has its own time. `settle` is the rule's. TypeError for a subject of
    another scope.
    """
    needed = _SUBJECTS.get(scope, TrackedCampaign)
    if not isinstance(subject, needed) or (scope == "campaign" and now is None):
        raise TypeError(
            f"scope {scope} wants {needed.__name__}{' and the time' if scope == 'campaign' else ''}"
        )
    return _getter(scope, event is not None)(subject, event, now, settle, around)


def past_values(tracked: TrackedCampaign, instant: float) -> dict[str, FieldValue]:
    """The fields that have a past (`has_past`) as they were at `instant` (Unix seconds); all null
    if nothing is known of then."""
    return _past_getter()(shown_at(tracked, instant))


@cache
def _past_getter() -> Callable[[Campaign | Sample | None], dict[str, FieldValue]]:
    fields = [field for field in FIELDS["campaign"].values() if has_past("campaign", field.name)]
    lines = [
        "def values(_shown):",
        f"    if _shown is None: return dict.fromkeys({tuple(field.name for field in fields)!r})",
    ]
    lines += [f"    {field.name} = _shown.{field.name}" for field in fields if field.read]
    lines += [f"    {field.name} = {_guarded(field)}" for field in fields if field.made_of]
    lines.append(f"    return {{{', '.join(f'{field.name!r}: {field.name}' for field in fields)}}}")
    namespace: dict[str, object] = {"__builtins__": {"dict": dict}, **FUNCTIONS_OF_FIELDS}
    exec("\n".join(lines), namespace)  # noqa: S102 (made of our own table alone)
    return cast("Callable[[Campaign | Sample | None], dict[str, FieldValue]]", namespace["values"])


@cache
def _getter(scope: str, event: bool) -> _Getter:
    fields = fields_of(scope, event=event)
    lines = ["def values(_s, _e, now, _settle, _a):", "    _t = _v = _s"]
    if scope == "campaign":
        lines += [f"    _c = {'_e' if event else '_t'}.campaign", "    _d = _t.detail"]
    lines += [f"    {field.name} = {field.read}" for field in fields.values() if field.read]
    lines += [f"    {field.name} = {_guarded(field)}" for field in fields.values() if field.made_of]
    lines.append(f"    return {{{', '.join(f'{name!r}: {name}' for name in fields)}}}")
    namespace: dict[str, object] = {"__builtins__": {}, **FUNCTIONS_OF_FIELDS}
    exec("\n".join(lines), namespace)  # noqa: S102 (made of our own table alone)
    return cast(_Getter, namespace["values"])


def _guarded(field: Field) -> str:
    return (
        f"{field.made_of} if {' and '.join(field.guards)} else None"
        if field.guards
        else field.made_of
    )
