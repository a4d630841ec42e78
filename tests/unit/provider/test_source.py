from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor.domain.campaign.feed import RejectReason
from monitor.errors import ConfigError
from monitor.metrics import Metrics
from monitor.ports import CampaignSource
from monitor.provider.source import Provider, ProviderOptions
from monitor.provider.token import life_of
from tests.clock import InstantClock
from tests.unit.provider.scripted import jwt

SECRET = "live_do-not-tell"


def made(**options: Any) -> CampaignSource:
    given = {"account": "default", "url": "https://one-api.bsg.world", "api_key": SECRET, **options}
    return Provider(ProviderOptions(**given), clock=InstantClock(), metrics=Metrics("test"))


def test_what_the_provider_may_do_wrong_is_counted_from_nought_on() -> None:
    metrics = Metrics("test")
    Provider(
        ProviderOptions(account="a", url="https://x.test", api_key=SECRET),
        clock=InstantClock(),
        metrics=metrics,
    )
    value = metrics.registry.get_sample_value
    for reason in RejectReason:
        assert (
            value("bsg_monitor_rows_rejected_total", {"account": "a", "reason": reason.value}) == 0
        )
    for name in ("status", "message_type"):
        assert value("bsg_monitor_unknown_values_total", {"account": "a", "field": name}) == 0


def test_options_show_no_secret() -> None:
    options = ProviderOptions(account="a", url="https://x.test", api_key=SECRET, token="tok-en")
    assert SECRET not in repr(options)
    assert "tok-en" not in repr(options)


@pytest.mark.parametrize(
    "url",
    [
        "https://one-api.bsg.world",
        "https://proxy.test/bsg/",
        "http://127.0.0.1:8080",
        "http://localhost",
        "http://[::1]:80",
    ],
)
def test_https_anywhere_and_plain_http_on_this_machine_are_accepted(url: str) -> None:
    made(url=url)


def test_plain_http_elsewhere_needs_a_word() -> None:
    with pytest.raises(ConfigError, match="in the clear"):
        made(url="http://one-api.bsg.world")
    made(url="http://one-api.bsg.world", allow_insecure_http=True)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "one-api.bsg.world",
        "ftp://x.test",
        "https://",
        "https://u:pw@x.test",
        "https://x.test?a=1",
        "https://x:yy",
    ],
)
def test_what_is_no_base_url_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(ConfigError, match="BSG_API_URL: not a URL") as caught:
        made(url=url)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"api_key": None}, "set BSG_API_KEY or BSG_API_TOKEN"),
        (
            {"api_key": None, "account": "eu"},
            "set BSG_ACCOUNTS__EU__API_KEY or BSG_ACCOUNTS__EU__API_TOKEN",
        ),
        ({"token": "abc"}, "both"),
        ({"api_key": "two words"}, "copy it again"),
        ({"api_key": ""}, "copy it again"),
        ({"api_key": None, "token": "line\n"}, "copy it again"),
    ],
)
def test_credentials_that_cannot_work_say_which_variable_to_set(
    options: dict[str, Any], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        made(**options)


def test_a_test_key_is_warned_about_loudly_once() -> None:
    with capture_logs() as logs:
        made(api_key="test_abc")
        made(api_key="live_abc")
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        ("test_key_in_use", "warning")
    ]
    assert "test_abc" not in str(logs)


@pytest.mark.parametrize(
    ("token", "life"),
    [
        (jwt(life=2_592_000), 2_592_000),
        (jwt(life=0), None),
        (jwt(life=-5), None),
        ("opaque", None),
        ("a.b.c", None),
        ("a.bm90IGpzb24.c", None),
        ("a.e30.c", None),
        ("..", None),
        ("a.WzFd.c", None),
    ],
)
def test_a_tokens_life_is_between_iat_and_exp_or_unknown(token: str, life: float | None) -> None:
    assert life_of(token) == life
