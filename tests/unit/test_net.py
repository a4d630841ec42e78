"""What all that speaks HTTP agrees on: loopback, `Retry-After`, proxies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.alerting.notification import retry_delay
from monitor.errors import ConfigError
from monitor.net import (
    LONGEST_WAIT,
    PROXY_VARIABLES,
    check_proxies,
    is_loopback,
    plain_http_beyond_loopback,
    proxy_for,
    retry_after,
)
from tests.unit.notify.builders import NOW

HTTPS, HTTP = "https://api.example.org/x", "http://api.example.org/x"


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("LocalHost.", True),
        ("shop.localhost", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("localhost.example.org", False),
        ("notlocalhost", False),
        ("", False),
    ],
)
def test_loopback_is_told_by_name_and_by_address(host: str, local: bool) -> None:
    assert is_loopback(host) is local


def test_plain_http_is_told_by_scheme_and_host() -> None:
    assert plain_http_beyond_loopback("HTTP://example.org/")
    assert not plain_http_beyond_loopback("http://localhost.:80/")
    assert not plain_http_beyond_loopback("https://example.org/")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("Mon, 02 Mar 2026 09:00:30 GMT", 30.0),
        ("Mon, 02 Mar 2026 08:00:00 GMT", 0.0),
        ("Monday, 02-Mar-26 09:01:00 GMT", 60.0),
        ("Mon, 99 Foo 2026 99:99:99 GMT", None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("nan", None),
        ("٧", None),
        ("9" * 5000, LONGEST_WAIT),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": value}, now=NOW) == seconds


def test_retry_after_may_be_missing() -> None:
    assert retry_after({}, now=NOW) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Date": "Mon, 02 Mar 2026 07:00:00 GMT"}, 30.0),
        ({"Date": "Mon, 02 Mar 2026 06:59:50 GMT", "Age": "10"}, 30.0),
        ({"Date": "Mon, 02 Mar 2026 06:59:50 GMT", "Age": "old"}, 40.0),
        ({"Date": "Mon, 02 Mar 2026 08:00:00 GMT"}, 0.0),
        ({"Date": "today"}, 0.0),
    ],
)
def test_a_date_to_wait_for_is_compared_with_the_clock_that_made_it(
    headers: dict[str, str], seconds: float
) -> None:
    """Ours says 09:00; theirs 07:00."""
    at = {"Retry-After": "Mon, 02 Mar 2026 07:00:30 GMT", **headers}
    assert retry_after(at, now=NOW) == seconds


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=10))
def test_no_retry_after_raises_or_makes_an_impossible_wait(value: str, date: str, age: str) -> None:
    wish = retry_after({"Retry-After": value, "Date": date, "Age": age}, now=NOW)
    assert retry_delay(1, retry_after=wish, random=0.5).total_seconds() >= 5


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)


def way(monkeypatch: pytest.MonkeyPatch, url: str, **environ: str) -> str | None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    found = proxy_for(url).url
    return None if found is None else f"{found.scheme}://{found.host}:{found.port}"


@pytest.mark.parametrize(
    ("environ", "https", "http"),
    [
        ({"HTTPS_PROXY": "http://p:3128"}, "http://p:3128", None),
        ({"HTTP_PROXY": "http://p:3128"}, None, "http://p:3128"),
        ({"ALL_PROXY": "http://p:3128"}, "http://p:3128", "http://p:3128"),
        ({"ALL_PROXY": "a:1", "HTTPS_PROXY": "b:2"}, "http://b:2", "http://a:1"),
        ({"https_proxy": "a:1", "HTTPS_PROXY": "b:2"}, "http://a:1", None),
        ({"https_proxy": " ", "HTTPS_PROXY": "b:2"}, "http://b:2", None),
        ({"HTTPS_PROXY": "p:3128"}, "http://p:3128", None),
        ({"HTTPS_PROXY": "p"}, "http://p:1080", None),
        ({"HTTPS_PROXY": "HTTP://p:80/ignored"}, "http://p:80", None),
        ({"HTTPS_PROXY": "https://p"}, "https://p:443", None),
        ({"HTTPS_PROXY": "u:w@[::1]:3128"}, "http://::1:3128", None),
    ],
)
def test_the_variables_are_read_as_curl_does(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], https: str | None, http: str | None
) -> None:
    assert way(monkeypatch, HTTPS, **environ) == https
    assert way(monkeypatch, HTTP) == http
    assert check_proxies(environ) == ([], [])


@pytest.mark.parametrize(
    ("entries", "url", "direct"),
    [
        ("example.org", HTTPS, True),
        (".example.org", HTTPS, True),
        ("*.example.org", HTTPS, True),
        ("EXAMPLE.org.", HTTPS, True),
        ("example.org", "https://api.example.org./", True),
        ("ample.org", HTTPS, False),
        ("a.test b.test,,example.org", HTTPS, True),
        ("*", HTTPS, True),
        ("a.test,*", HTTPS, True),
        ("api.example.org:443", HTTPS, True),
        ("api.example.org:443", HTTP, False),
        ("example.org:8443", "https://api.example.org:8443/", True),
        ("*:80", HTTP, True),
        ("*:80", HTTPS, False),
        ("10.0.0.0/8", "https://10.9.8.7/", True),
        ("10.1.2.3/8", "https://10.9.8.7/", True),
        ("10.0.0.0/8", "https://11.9.8.7/", False),
        ("10.0.0.0/8", "https://ten.example.org/", False),
        ("10.9.8.7", "https://10.9.8.7/", True),
        ("9.8.7", "https://10.9.8.7/", False),
        ("*", "https://10.9.8.7/", True),
        ("10.9.8.7:8443", "https://10.9.8.7:8443/", True),
        ("10.9.8.7:8443", "https://10.9.8.7/", False),
        ("::1/128", "https://[::1]/", True),
        ("::1", "https://[::1]:8443/", True),
        ("[::1]:8443", "https://[::1]:8443/", True),
        ("[::1]:8443", "https://[::1]/", False),
        ("fe80::/10", "https://[fe80::7]/", True),
        ("0.0.0.0/0", "https://[::1]/", False),
    ],
)
def test_no_proxy_names_hosts_domains_ports_and_networks(
    monkeypatch: pytest.MonkeyPatch, entries: str, url: str, direct: bool
) -> None:
    found = way(monkeypatch, url, ALL_PROXY="http://p:3128", NO_PROXY=entries)
    assert (found is None) is direct
    assert check_proxies({"ALL_PROXY": "p", "NO_PROXY": entries}) in (([], []), ((), []))


def test_the_password_of_a_proxy_goes_to_the_proxy_only_and_is_not_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://us%40er:p%C3%A4ss%2F@p:3128")
    expected = {"Proxy-Authorization": "Basic dXNAZXI6cMOkc3Mv"}
    tunnelled, plain = proxy_for(HTTPS), proxy_for(HTTP)
    assert (tunnelled.tunnel_headers, tunnelled.request_headers) == (expected, {})
    assert (plain.tunnel_headers, plain.request_headers) == (None, expected)
    assert not any(word in repr((tunnelled, plain)) for word in ("pass", "p%C3", "dXNA", "us@er"))


MALFORMED = {
    "http://127.0.0.1:99999": "has a port that is not a number from 1 to 65535",
    "http://proxy:abc": "has a port that is not a number from 1 to 65535",
    "proxy:0": "has a port that is not a number from 1 to 65535",
    "http://[::1": "has an invalid IPv6 address",
    "http://": "names no host",
    "http://a..b:3128": "names no host",
    ":3128": "names no host",
    "http://pro xy:3128": "has a space or a control character in it",
    "http://user:s3cr3t/x@proxy:3128": "has a user or a password with / ? or # in it",
    "http://user:12/s3cr3t@proxy:3128": "has a user or a password with / ? or # in it",
    "socks5h://user:s3cr3t@proxy:1080": (
        "is a SOCKS proxy; the monitor uses http:// and https:// proxies only"
    ),
    "s3cr3t://proxy": (
        "is an unknown kind of proxy; the monitor uses http:// and https:// proxies only"
    ),
}


@pytest.mark.parametrize("value", MALFORMED)
def test_a_malformed_proxy_is_refused_by_name_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    (problem,), _ = check_proxies({"ALL_PROXY": value})
    assert (str(problem.place), problem.message) == ("ALL_PROXY", MALFORMED[value])
    assert "s3cr3t" not in str(problem)
    monkeypatch.setenv("ALL_PROXY", value)
    for url in (HTTP, HTTPS):
        with pytest.raises(ConfigError, match="ALL_PROXY"):
            proxy_for(url)


def test_what_nothing_reads_is_not_refused() -> None:
    wrong = "socks5://p"
    assert not check_proxies({"ALL_PROXY": wrong, "HTTPS_PROXY": "p", "http_proxy": "p"})[0]
    assert not check_proxies({"HTTPS_PROXY": wrong, "https_proxy": "p"})[0]
    assert not check_proxies({"HTTPS_PROXY": wrong, "NO_PROXY": "*"})[0]
    assert check_proxies({"ALL_PROXY": wrong, "HTTPS_PROXY": "p"})[0]


@pytest.mark.parametrize(
    "entry", ["http://example.org", "10.0.0.0/33", "example.org:http", "a..b", "host:99999"]
)
def test_an_entry_of_no_proxy_that_fits_nothing_is_doubtful(entry: str) -> None:
    wrong, (doubtful,) = check_proxies({"HTTPS_PROXY": "p", "no_proxy": f"localhost,{entry}"})
    assert not wrong
    message, place, hint = doubtful
    assert str(place) == "no_proxy"
    assert "entry 2 " in message
    assert hint.startswith("write a host or domain")


@given(
    st.sampled_from(PROXY_VARIABLES),
    st.lists(
        st.sampled_from(
            [*"[]:@/?#%*. ,", "http", "https", "://", "p", "1", "65535", "::1", "ä", "\0"]
        ),
        max_size=8,
    ),
)
def test_no_value_of_a_variable_raises_anything_else(name: str, parts: list[str]) -> None:
    environ = {"ALL_PROXY": "p", name: "".join(parts)}
    wrong, doubtful = check_proxies(environ)
    assert all(problem.place and problem.hint for problem in wrong)
    assert all(place and hint for _, place, hint in doubtful)
