"""A reader of the simulator over real HTTP, and two campaigns to read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from monitor.simulator.api_server import Simulator
from monitor.simulator.plan import CampaignPlan

RCS = CampaignPlan(
    name="Carousel", sender="ShopAgent", size=1000, message_type="rcs", created=-3600, duration=300, price=0.01,
    delivered_share=0.6, read_share=0.5, not_rcs_share=0.3, fallback=True,
)  # fmt: skip
SMS = CampaignPlan(name="Sale", sender="Shop", size=500, created=-100, start=50, duration=200)


class Client:
    """One logged-in reader."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str = "") -> None:
        self._session = session
        self.url = url
        self.token = token

    async def call(
        self, method: str, path: str, query: dict[str, str] | None = None, **options: object
    ) -> tuple[int, dict]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with self._session.request(
            method, self.url + path, params=query, headers=headers, **options
        ) as response:
            return response.status, await response.json()

    async def get(self, path: str, **query: str) -> tuple[int, dict]:
        return await self.call("GET", path, query)

    async def login(self, key: str = "live_demo") -> tuple[int, dict]:
        status, body = await self.call("POST", "/api/auth/login", json={"api_key": key})
        self.token = body.get("bearer", self.token)
        return status, body


@asynccontextmanager
async def served(simulator: Simulator, key: str | None = "live_demo") -> AsyncIterator[Client]:
    async with simulator.serve() as url, aiohttp.ClientSession() as session:
        client = Client(session, url)
        if key:
            await client.login(key)
        yield client
