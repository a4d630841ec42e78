"""Plays the provider's own generated client: strict integers, date-times and enums, nothing coerced.

Logs in, lists both types page by page, reads details and the balance, from every bundled scenario and a bulk.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import aiohttp
import pytest
from pydantic import BaseModel, BeforeValidator, ConfigDict

from monitor.simulator.scenario import Scenario, bulk_scenario, load_scenario
from monitor.simulator.server import Simulator
from tests.clock import FakeClock


def _date_time(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")  # noqa: TRY004 (pydantic wants a ValueError)
    return datetime.strptime(value, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 (naive, as documented)


Moment = Annotated[datetime, BeforeValidator(_date_time)]


class Status(StrEnum):
    CREATION = "creation"
    MODERATION = "moderation"
    SPAM = "spam"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


class Type(StrEnum):
    SMS = "sms"
    RCS = "rcs"
    VIBER = "viber"
    HLR = "hlr"
    WHATSAPP = "whatsapp"


class Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class Login(Shape):
    bearer: str


class Counters(Shape):
    sent: int
    delivered: int


class SmsCounters(Shape):
    statistics: Counters


class Channels(Shape):
    sms: SmsCounters


class Row(Shape):
    id: int
    name: str
    sender: str
    status: Annotated[Status, BeforeValidator(Status)]
    message_type: Annotated[Type, BeforeValidator(Type)]
    start_at: Moment | None
    real_start_at: Moment | None
    finished_at: Moment | None
    created_at: Moment
    statistics: Counters | None
    calculated_price: int | float | None
    currency: str | None
    alternative_channels: Channels | None


class Page(Shape):
    total: int
    limit: int
    offset: int


class Meta(Shape):
    page: Page


class Listed(Shape):
    data: list[Row]
    meta: Meta


class One(Shape):
    data: Row


class Split(Shape):
    delivered: int
    sent: int
    scheduled: int
    moderation: int
    accepted: int
    sending: int
    expired: int
    failed: int
    undelivered: int
    unknown: int
    read: int
    not_viber_user: int
    not_rcs_user: int


class SmsSplit(Shape):
    statistics: Split


class SplitChannels(Shape):
    sms: SmsSplit


class Detail(Shape):
    id: int
    name: str
    sender: str
    status: Annotated[Status, BeforeValidator(Status)]
    type: Annotated[Type, BeforeValidator(Type)]
    started_at: Moment | None
    actual_start_at: Moment | None
    finished_at: Moment | None
    created_at: Moment
    statistics: Split
    total_messages: int
    total_phones: int
    total_price: str
    currency: str
    alternative_channels: SplitChannels | None


class Detailed(Shape):
    data: Detail


class Money(Shape):
    balance: float
    currency: str
    credit: float


class Balance(Shape):
    data: Money


@pytest.mark.parametrize("name", ["demo", "healthy", "incidents", "bulk"])
async def test_the_providers_own_client_can_read_everything(name: str) -> None:
    clock = FakeClock()
    scenario: Scenario = bulk_scenario(700) if name == "bulk" else load_scenario(name)
    async with Simulator(scenario, clock=clock).serve() as url, aiohttp.ClientSession(url) as session:
        async with session.post("/api/auth/login", json={"api_key": "live_demo"}) as answer:
            session.headers["Authorization"] = f"Bearer {Login.model_validate_json(await answer.read()).bearer}"

        async def get(path: str, **query: str) -> bytes:
            async with session.get(path, params=query) as answer:
                assert answer.status == 200
                return await answer.read()

        for minutes in (0, 1, 30):
            await clock.advance(minutes * 60)
            for message_type in Type.SMS, Type.RCS:
                rows: list[Row] = []
                total = 1
                while len(rows) < total:
                    query = {"filter[type]": message_type.value, "page[limit]": "500", "page[offset]": str(len(rows))}
                    page = Listed.model_validate_json(await get("/api/campaigns", **query))
                    rows += page.data
                    total = page.meta.page.total
                for row in (rows[0], *rows[-12:]):
                    assert row.message_type is message_type
                    assert One.model_validate_json(await get(f"/api/campaigns/{row.id}")).data == row
                    detail = Detailed.model_validate_json(await get(f"/api/campaigns/{row.id}/detail")).data
                    assert sum(detail.statistics.model_dump().values()) == detail.total_messages
                    assert (detail.started_at, detail.actual_start_at) == (row.start_at, row.real_start_at)
                    assert row.statistics is not None
                    assert detail.statistics.delivered + detail.statistics.read == row.statistics.delivered
        Balance.model_validate_json(await get("/api/accounts/balance"))
