"""Which rule and which subject a person means by what they typed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.domain.alerting.alert import Alert, AlertState
from monitor.domain.alerting.rule import Rule, Scope
from monitor.domain.alerting.wording import scope_of
from monitor.domain.campaign.snapshot import Campaign
from monitor.domain.safetext.shown_text import clipped, counted
from monitor.errors import MonitorError
from monitor.explain.explanation import About
from monitor.explain.known import Known
from monitor.ports import EVERYTHING
from monitor.yamlfile.suggestion import did_you_mean

MOST_SHOWN = 10
"""Candidates that a complaint lists."""


class UnclearTargetError(MonitorError):
    """What was typed fits nothing, or several things; the message lists them."""


class UnknownTargetError(UnclearTargetError):
    """What was typed fits nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`alert` is the one that was named by its id. `rule` is None where it is left of a rule
    that is not in the file any more."""

    rule_name: str
    rule: Rule | None
    about: About
    alert: Alert | None = None


async def find_target(
    known: Known,
    named: str,
    subject: str | None,
    *,
    account: str | None = None,
    message_type: str | None = None,
) -> Target:
    """What is meant by a rule's name or an alert's id (or its beginning), and by a campaign's id
    or a part of its name, a sender, an account or a receiver.

    UnknownTargetError when that is nothing, another UnclearTargetError when it is more than one
    thing.
    """
    rule = known.ruleset.rules.get(named)
    if rule is None:
        return _of_alert(known, await _alert(known, named), subject)
    return Target(
        rule_name=rule.name,
        rule=rule,
        about=await _about(known, rule, subject, account, message_type),
    )


async def _alert(known: Known, named: str) -> Alert:
    open_ = known.state.open_alerts()
    found = _fitting(open_, named) or _fitting(await known.ended(), named)
    if len(found) == 1:
        return found[0]
    if found:
        raise UnclearTargetError(
            f"{counted(len(found), 'alert')} have ids that begin with {named!r}: "
            f"{_some(each.id for each in found)}"
        )
    there = (
        f"the rules are {', '.join(known.ruleset.rules)}"
        if known.ruleset.rules
        else "the rules file has no rules"
    )
    hint = did_you_mean(named, known.ruleset.rules) or there
    raise UnknownTargetError(f"there is no rule and no alert {named!r} ({hint})")


def _fitting(alerts: Sequence[Alert], named: str) -> list[Alert]:
    exact = [alert for alert in alerts if alert.id == named]
    return exact or [alert for alert in alerts if len(named) >= 4 and alert.id.startswith(named)]


def _of_alert(known: Known, alert: Alert, subject: str | None) -> Target:
    scope = scope_of(alert.labels)
    rule = known.ruleset.rules.get(alert.key.rule)
    if rule is not None and rule.scope is not scope:
        rule = None  # another one of the same name
    name = alert.about
    if (
        subject is not None
        and subject != alert.key.subject
        and subject.casefold() not in name.casefold()
    ):
        raise UnclearTargetError(f"the alert {alert.id} is about {name}, not about {subject!r}")
    about = About(
        scope=scope,
        account=alert.key.account,
        subject=alert.key.subject,
        name=alert.labels.get("sender", name) if scope is Scope.SENDER else name,
        message_type=alert.labels.get("message_type"),
        campaign=alert.campaign,
    )
    return Target(
        rule_name=alert.key.rule, rule=rule, about=about, alert=alert if _over(alert) else None
    )


def _over(alert: Alert) -> bool:
    return alert.is_event or alert.state is AlertState.RESOLVED


async def _about(
    known: Known, rule: Rule, subject: str | None, account: str | None, message_type: str | None
) -> About:
    match rule.scope:
        case Scope.CAMPAIGN:
            campaign = await _campaign(known, rule, subject, account, message_type)
            return About(
                scope=rule.scope,
                account=campaign.account,
                subject=str(campaign.id),
                name=campaign.name,
                message_type=campaign.message_type,
                campaign=campaign,
            )
        case Scope.SENDER:
            return _sender(known, rule, subject, account, message_type)
        case Scope.ACCOUNT:
            names = sorted(
                {feed.account for feed in known.state.feeds} | known.state.accounts.keys()
            )
            name = _one_of(names, subject or account, "an account", rule)
            return About(scope=rule.scope, account=name, subject="", name=name)
        case Scope.RECEIVER:
            name = _one_of(
                [each.name for each in known.rules.receivers], subject, "a receiver", rule
            )
            return About(scope=rule.scope, account="", subject=name, name=name)


def _one_of(names: Sequence[str], named: str | None, what: str, rule: Rule) -> str:
    if named is None and len(names) == 1:
        return names[0]
    there = f"there is {_some(names)}" if names else "none is known"
    if named is None:
        raise UnclearTargetError(f"rule {rule.name} is asked about {what}: name one ({there})")
    if named not in names:
        hint = did_you_mean(named, names) or there
        raise UnknownTargetError(f"{named!r} is not {what} that is known ({hint})")
    return named


async def _campaign(
    known: Known, rule: Rule, named: str | None, account: str | None, message_type: str | None
) -> Campaign:
    if named is None:
        raise UnclearTargetError(
            f"rule {rule.name} is asked about a campaign: name one by its id, or by a part of its "
            "name"
        )
    there = [row.campaign for row in known.rows.values()]
    anywhere = _by_id(there, named) or await _gone(known, named) or _by_name(there, named)
    found = [
        each
        for each in anywhere
        if account in (None, each.account) and message_type in (None, each.message_type)
    ]
    if len(found) == 1:
        return found[0]
    if not anywhere:
        raise UnknownTargetError(
            f"no campaign {named!r} is known: neither an id nor a part of a name. It may not have "
            "been read yet, be older than"
            " the monitor follows, or fall under BSG_IGNORE"
        )
    if not found:
        asked = " and ".join(
            words for words in (_of("account", account), _of("message type", message_type)) if words
        )
        raise UnknownTargetError(
            f"no campaign {named!r} of {asked} is known; there is:\n{_listed(anywhere)}"
        )
    advice = "name one by its id, or say which with --account or --type"
    raise UnclearTargetError(
        f"{named!r} fits {counted(len(found), 'campaign')}: {advice}\n{_listed(found)}"
    )


def _of(what: str, value: str | None) -> str:
    return "" if value is None else f"{what} {value}"


def _listed(campaigns: Sequence[Campaign]) -> str:
    """One on each line, the newest first."""
    newest = sorted(campaigns, key=lambda each: each.created_at, reverse=True)
    lines = [
        f'  {each.id} "{clipped(each.name)}" ({each.message_type}, {each.status}, account '
        f"{each.account})"
        for each in newest[:MOST_SHOWN]
    ]
    more = len(newest) - MOST_SHOWN
    return "\n".join([*lines, f"  and {more:,} more"] if more > 0 else lines)


def _by_id(campaigns: Iterable[Campaign], named: str) -> list[Campaign]:
    return [each for each in campaigns if str(each.id) == named]


def _by_name(campaigns: Sequence[Campaign], named: str) -> list[Campaign]:
    """The campaigns with this name, else those with names that contain it. Ignores case."""
    word = named.casefold()
    return [each for each in campaigns if each.name.casefold() == word] or [
        each for each in campaigns if word and word in each.name.casefold()
    ]


async def _gone(known: Known, named: str) -> list[Campaign]:
    """The campaigns with this id that are no longer followed, one per account, as their last event
    shows them."""
    if not named.isdecimal() or len(named) > 18:
        return []
    events = await known.store.events(campaign_id=int(named), limit=EVERYTHING)
    return list({event.campaign.account: event.campaign for event in reversed(events)}.values())


def _sender(
    known: Known, rule: Rule, named: str | None, account: str | None, message_type: str | None
) -> About:
    senders = {
        (row.campaign.account, row.campaign.message_type, row.campaign.sender)
        for row in known.rows.values()
    }
    if named is None:
        there = (
            f"there is {_some(sorted({sender for _, _, sender in senders}))}"
            if senders
            else "none is known"
        )
        raise UnclearTargetError(f"rule {rule.name} is asked about a sender: name one ({there})")
    found = sorted(
        each
        for each in senders
        if named in (each[2], f"{each[1]}:{each[2]}")
        and account in (None, each[0])
        and message_type in (None, each[1])
    )
    if not found:
        hint = did_you_mean(named, {sender for _, _, sender in senders})
        raise UnknownTargetError(f"no sender {named!r} is known{f' ({hint})' if hint else ''}")
    if len(found) > 1:
        listed = _some(f"{kind}:{sender} of account {owner}" for owner, kind, sender in found)
        raise UnclearTargetError(
            f"{named!r} fits {counted(len(found), 'sender')}: {listed}. Say which with --type or "
            "--account"
        )
    owner, kind, sender = found[0]
    return About(
        scope=rule.scope, account=owner, subject=f"{kind}:{sender}", name=sender, message_type=kind
    )


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - MOST_SHOWN:,} more" if len(listed) > MOST_SHOWN else ""
    return ", ".join(listed[:MOST_SHOWN]) + more
