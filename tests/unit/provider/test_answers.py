import json

import pytest

from monitor.errors import ProviderFault
from monitor.provider.answer_errors import error_of_status, quote
from monitor.provider.wire import failure_text


@pytest.mark.parametrize(
    ("status", "reason", "retryable"),
    [
        (301, ProviderFault.REDIRECT, False),
        (400, ProviderFault.INVALID_REQUEST, False),
        (401, ProviderFault.UNAUTHORIZED, False),
        (403, ProviderFault.UNAUTHORIZED, False),
        (404, ProviderFault.NOT_FOUND, False),
        (422, ProviderFault.INVALID_REQUEST, False),
        (429, ProviderFault.RATE_LIMITED, True),
        (500, ProviderFault.SERVER_ERROR, True),
        (599, ProviderFault.SERVER_ERROR, True),
    ],
)
def test_every_status_has_its_decision(status: int, reason: ProviderFault, retryable: bool) -> None:
    error = error_of_status(
        status,
        json.dumps({"message": "because"}).encode(),
        what="GET /x",
        retry_after=None,
        secrets=(),
    )
    assert (error.reason, error.retryable, error.status) == (reason, retryable, status)
    assert "because" in str(error)


def test_a_404_that_is_not_the_providers_json_says_nothing_about_what_was_asked_for() -> None:
    error = error_of_status(404, b"<html>moved</html>", what="GET /x", retry_after=None, secrets=())
    assert error.reason is ProviderFault.BAD_BODY
    assert "html" not in str(error)


def test_a_quote_has_no_secret_no_control_character_and_an_end() -> None:
    said = quote("key live_abc\n\x1b[31mred\u202eright-to-left " + "x" * 500, ("live_abc",))
    assert said.startswith("key *** [31mred right-to-left x")
    assert len(said) == 200
    assert said.isprintable()


def test_a_secret_is_taken_out_before_the_text_is_cut() -> None:
    assert "live_abc"[:5] not in quote("y" * 195 + "live_abcdefgh", ("live_abcdefgh",))


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ({"a": ["A is wrong.", "Very."], "b": ["B too."]}, "no A is wrong. Very. B too."),
        ({"a": "A is wrong."}, "no A is wrong."),
        (["x", "y"], "no x y"),
        ("x", "no x"),
        ([[[["too deep"]]]], "no"),
        ({"a": [1, None, {"x": 5}]}, "no"),
        ([], "no"),
        (None, "no"),
        (7, "no"),
    ],
)
def test_a_refusal_is_told_with_its_reasons_in_whatever_form(errors: object, said: str) -> None:
    assert failure_text(json.dumps({"message": "no", "errors": errors}).encode()) == said
