"""A recording in parts that can be played apart: rules look at one campaign, or at the campaigns of one sender."""

from collections import Counter
from typing import NamedTuple

from monitor.backtest.recording import Recording, SenderKey
from monitor.config import RuleFile
from monitor.domain.account_fields import CAMPAIGN_COUNTS
from monitor.domain.rule import Rule, Scope


class Part(NamedTuple):
    """Rules, and the senders whose campaigns they are asked about; all when None."""

    rules: tuple[Rule, ...]
    senders: frozenset[SenderKey] | None = None


def divide(recording: Recording, rules: RuleFile, most: int) -> list[Part]:
    """At most so many parts, each with about as many campaigns. Only one where a rule counts the campaigns of an account.

    Rules about accounts are in the first alone: what they ask is the same in every part.
    """
    if most <= 1 or any(rule.scope is Scope.ACCOUNT and rule.names & CAMPAIGN_COUNTS for rule in rules.rules):
        return [Part(rules.rules)]
    sizes = Counter(SenderKey.of(campaign) for campaign in recording.campaigns.values())
    shares: list[list[SenderKey]] = [[] for _ in range(min(most, len(sizes)))]
    filled = [0] * len(shares)
    for sender, size in sizes.most_common():
        least = filled.index(min(filled))
        shares[least].append(sender)
        filled[least] += size
    of_account = tuple(rule for rule in rules.rules if rule.scope is Scope.ACCOUNT)
    others = tuple(rule for rule in rules.rules if rule not in of_account)
    return [Part(rules.rules if not place else others, frozenset(share)) for place, share in enumerate(shares)]
