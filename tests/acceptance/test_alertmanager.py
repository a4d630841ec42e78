"""The daemon and Debian's Alertmanager, both killed: what still fires is told again, though
nothing of it is news."""

from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.simulator.api_server import Simulator
from monitor.simulator.scenario import Scenario
from tests.acceptance.daemon import KEY, Monitor
from tests.integration.test_alertmanager_real import Alertmanager
from tests.patience import until
from tests.real import require

pytestmark = pytest.mark.slow


async def test_after_both_were_killed_alertmanager_hears_again_of_what_fires(
    tmp_path: Path,
) -> None:
    require("prometheus-alertmanager")
    simulator = Simulator(Scenario(name="resend"), clock=SystemClock(), keys=(KEY,))
    campaign = simulator.world.add(
        name="Spring sale", sender="Shop", status="sending", sent=100, delivered=90
    )
    async with (
        simulator.serve() as provider_url,
        Alertmanager(tmp_path / "am").running() as alertmanager,
    ):
        subject = Monitor(tmp_path, provider_url, alertmanager.url)
        rules = tmp_path / "rules.yaml"
        hook = 'webhook: {url: "${HOOK_URL}", secret: "${HOOK_SECRET}"}'
        assert hook in rules.read_text()
        rules.write_text(rules.read_text().replace(hook, 'alertmanager: {urls: "${HOOK_URL}"}'))
        try:
            await subject.start()
            await until(subject.ready)
            simulator.world.change(campaign, status="spam")
            await until(lambda: alertmanager.told("firing") == {str(campaign)})
            await subject.kill()
            await alertmanager.kill()
            await alertmanager.start()
            assert await alertmanager.alerts() == {}
            await subject.start()

            async def known() -> bool:
                return set(await alertmanager.alerts()) == {str(campaign)}

            await until(known)
            simulator.world.change(campaign, status="sending")
            await until(lambda: alertmanager.told("resolved") == {str(campaign)})
            assert await subject.stop() == 0
        finally:
            if subject.process is not None and subject.process.returncode is None:
                await subject.kill()
