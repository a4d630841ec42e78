"""Why messages have not arrived, as the people who are woken up read it."""

import json
from pathlib import Path

import pytest

from monitor.simulator.api_server import Simulator
from tests.acceptance.daemon import Receiver, monitor
from tests.patience import until

pytestmark = pytest.mark.slow

RULES = """
rules:
  - alert: LowDelivery
    when: message_type == "rcs" and sent >= 100 and delivery_ratio < 0.7
    severity: critical
    summary: "{{ campaign.name }}: {{ delivery_ratio | percent }} delivered"
    description: "{{ not_rcs_user }} phones cannot take RCS. {{ why }}"
receivers:
  - name: hook
    webhook: {url: "${HOOK_URL}", secret: "${HOOK_SECRET}"}
route:
  receiver: hook
"""


async def test_the_message_of_an_rcs_campaign_that_delivers_badly_says_why(
    tmp_path: Path, simulator: Simulator, provider_url: str, receiver: Receiver
) -> None:
    campaign_id = simulator.world.add(
        name="Carousel", sender="ShopAgent", message_type="rcs", size=1000, created=-7200, duration=60, delivered_share=0.5,
        not_rcs_share=0.38, fallback=True, fallback_delivered_share=0.5, validity=1800,
    )  # fmt: skip
    async with monitor(tmp_path, provider_url, receiver, rules=RULES) as subject:
        await until(lambda: len(receiver.messages) == 1)
        (_, alert) = receiver.alerts()[0]
        why = (
            "not RCS-capable 38 %, undelivered 5 %, expired 5 %, failed 2 %; SMS fallback: "
            "undelivered 50 %"
        )
        assert alert["campaign"]["detail"]["why"] == why
        assert alert["annotations"]["description"] == f"380 phones cannot take RCS. {why}"
        state = simulator.world.campaign(campaign_id)
        assert state is not None
        detail = alert["campaign"]["detail"]
        assert (detail["total_messages"], detail["not_rcs_user"], detail["expired"]) == (
            1000,
            380,
            state.expired,
        )
        assert detail["fallback"]["delivered"] == state.fallback_delivered
        asked = [seen.path for seen in simulator.requests if seen.path.endswith("/detail")]
        assert asked == [f"/api/campaigns/{campaign_id}/detail"]
        (told,) = json.loads((await subject.command("alerts", "--json"))[1])
        assert told["why"] == why
        page = await subject.get(f"/alerts/{told['id']}")
        assert page is not None
        assert "not RCS-capable 38 %" in page
        code, out, _ = await subject.command("campaigns", "--json")
        assert code == 0
        assert "not RCS-capable 38 %" in out
