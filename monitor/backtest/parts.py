"""A recording in parts that can be played apart: rules look at one campaign, or at the campaigns
of one sender."""

from collections import Counter
from typing import NamedTuple

from monitor.backtest.recording import Recording, SenderKey
from monitor.backtest.unrecorded import cannot_be_tried
from monitor.domain.alerting.rule import Rule, Scope
from monitor.rulefile import RuleFile


class Part(NamedTuple):
    """Rules, and the senders whose campaigns they are asked about; all when None."""

    rules: tuple[Rule, ...]
    senders: frozenset[SenderKey] | None = None


def divide(recording: Recording, rules: RuleFile, most: int) -> list[Part]:
    """At most so many parts, each with about as many campaigns. Only one where a rule counts the
    campaigns of an account.

    Rules that history says nothing of are in none: they would fire, or not, for want of what
    they ask.
    """
    tried = tuple(rule for rule in rules.rules if not cannot_be_tried(rule))
    if most <= 1 or any(rule.scope is Scope.ACCOUNT for rule in tried):
        return [Part(tried)]
    sizes = Counter(SenderKey.of(campaign) for campaign in recording.campaigns.values())
    if len(sizes) <= 1:
        return [Part(tried)]
    shares: list[list[SenderKey]] = [[] for _ in range(min(most, len(sizes)))]
    filled = [0] * len(shares)
    for sender, size in sizes.most_common():
        least = filled.index(min(filled))
        shares[least].append(sender)
        filled[least] += size
    return [Part(tried, frozenset(share)) for share in shares]
