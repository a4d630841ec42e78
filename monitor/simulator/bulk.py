"""Campaigns by the thousand: sizes, names, paces and times that look real, drawn from a seed."""

import random

from monitor.simulator.plan import HOURS, CampaignPlan

DAY = 24 * HOURS
BULK_VALIDITY = 4 * HOURS
"""Short, so that only the campaigns of the last hours still move: the live share stays what was
asked for."""

_BRANDS = (
    "FreshMart", "CityBank", "DentaCare", "AutoPlus", "BookNook", "PetPalace", "SkyTravel",
    "FitClub", "GreenGrocer", "OptiLens",
    "ParcelGo", "TechHub", "UrbanWear", "HomeStore", "PharmaOne", "TaxiNow", "EduLine", "CinemaX",
    "FlowerBox", "WaterWorks",
)  # fmt: skip
_OCCASIONS = (
    "Weekend sale", "Payment reminder", "Appointment tomorrow", "Loyalty points", "New arrivals",
    "Delivery today", "Win back",
    "Birthday club", "Statement ready", "Flash offer", "Service notice", "Survey", "Price drop",
    "Event invitation", "One-time offer",
)  # fmt: skip


def bulk_plans(
    campaigns: int, *, days: float, ahead: float, rng: random.Random, live_share: float
) -> list[CampaignPlan]:
    """Plans in the order of their creation.

    `live_share` of them are being sent at the start and for a day or more after it, at two
    messages a second and up: their counters differ at every poll. The others are created evenly
    from `days` before to `ahead` days after the start; nearly all are over within the hour.
    """
    live = round(campaigns * live_share)
    created = sorted(
        rng.uniform(-days * DAY, ahead * DAY if ahead else -HOURS) for _ in range(campaigns - live)
    )
    plans = [_ordinary(number, when, rng) for number, when in enumerate(created)]
    plans += [_live(number, rng) for number in range(live)]
    plans.sort(key=_created)
    return plans


def _created(plan: CampaignPlan) -> float:
    return plan.created


def _ordinary(number: int, created: float, rng: random.Random) -> CampaignPlan:
    size = max(20, min(200_000, round(rng.lognormvariate(7.0, 1.4))))
    return _plan(number, created, size, max(20.0, size / rng.uniform(30.0, 120.0)), rng)


def _live(number: int, rng: random.Random) -> CampaignPlan:
    duration = rng.uniform(30.0, 54.0) * HOURS
    return _plan(
        number,
        -rng.uniform(0.2, 4.0) * HOURS,
        round(duration * rng.uniform(2.0, 6.0)),
        duration,
        rng,
    )


def _plan(
    number: int, created: float, size: int, duration: float, rng: random.Random
) -> CampaignPlan:
    chance = rng.random
    brand = _BRANDS[int(chance() * len(_BRANDS))]
    occasion = _OCCASIONS[int(chance() * len(_OCCASIONS))]
    rcs = chance() < 0.3
    delivered = 0.64 + 0.06 * chance() if rcs else 0.955 + 0.03 * chance()
    return CampaignPlan(
        name=f"{occasion} {number + 1}",
        sender=f"{brand}Agent" if rcs else brand,
        size=size,
        message_type="rcs" if rcs else "sms",
        created=created,
        moderation=20.0 + 100.0 * chance(),
        late=1.0 + 10.0 * chance(),
        duration=duration,
        delivered_share=delivered,
        read_share=0.35 if rcs else 0.0,
        not_rcs_share=0.975 - delivered if rcs else 0.0,
        fallback=rcs,
        validity=BULK_VALIDITY,
    )
