"""What is refused, what is said, and where: line and column from 1, columns in characters."""

import pytest

from monitor.domain.condition import ConditionError, ConditionFault, parse_condition


def faults(
    text: str, *, scope: str = "campaign", event: bool = False
) -> tuple[ConditionFault, ...]:
    with pytest.raises(ConditionError) as caught:
        parse_condition(text, scope=scope, event=event)
    return caught.value.faults


def the_fault(text: str, scope: str = "campaign") -> ConditionFault:
    found = faults(text, scope=scope)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("text", "column", "end", "said"),
    [
        # names
        ("sennt > 5", 1, 6, 'there is no field "sennt" (did you mean "sent"?)'),
        ("sent > 5 and Delivered < 3", 14, 23, 'did you mean "delivered"?'),
        ("balance > 5", 1, 8, "it is a field of scope account"),
        ("old_status == null", 1, 11, "only event rules know it: those with on:"),
        ("campaign.sent > 4", 1, 14, "fields of fields do not exist (write sent)"),
        ("min > 4", 1, 4, "it is a function: write min(…)"),
        ("null_ > 4", 1, 6, 'did you mean "null"?'),
        # vocabulary
        ("status == 'Done'", 11, 17, 'status can never be "Done" (did you mean "done"?'),
        (
            "status in ['done', 'pausd']",
            20,
            27,
            'did you mean "paused"?; a new one of the provider\'s belongs in extra_statuses',
        ),
        ("message_type != 'fax'", 17, 22, "it can be sms, rcs, viber, hlr, whatsapp"),
        (
            "status == sending",
            1,
            18,
            'cannot compare status (text) with sending (number) (write "sending" in quotes)',
        ),
        ("scheduled != status", 1, 20, 'write "scheduled" in quotes'),
        ("status in [sending]", 12, 19, 'a list holds constants only (write "sending" in quotes)'),
        # types
        ("sent > 'abc'", 1, 13, "cannot compare sent (number) with 'abc' (text)"),
        ("sent > '100'", 1, 13, "write 100 without quotes"),
        ("delivery_ratio < '80%'", 1, 23, "write 0.8"),
        ("status_age > 600", 1, 17, 'write "10m" for 600 seconds'),
        ("created_at > 5", 1, 15, "write a time as a text"),
        ("name > 'a'", 1, 11, "texts can be compared with == and != only"),
        ("final > true", 1, 13, "truth values can be compared with == and != only"),
        ("created_at + start_at > now", 1, 22, "cannot add created_at (time) and start_at (time)"),
        ("age + 5 > '1m'", 1, 8, 'write a duration as a text, like "10m"'),
        ("'a' + name == 'b'", 1, 11, "cannot add 'a' (text) and name (text)"),
        ("age * age > '1m'", 1, 10, "cannot multiply age (duration) by age (duration)"),
        ("-name == 'b'", 1, 6, "name cannot have a minus sign: it is text"),
        ("sent", 1, 5, "the condition must be true or false; sent is a number"),
        ("'x'", 1, 4, "must be true or false"),
        ("not sent", 5, 9, "not wants something true or false"),
        ("status == 'sending' or 'paused'", 24, 32, "write in [..., 'paused']"),
        ("sent and delivered > 5", 1, 5, "and wants something true or false on each side"),
        # null
        ("sent < null", 1, 12, "null can only be tested with == and !="),
        ("sent + null > 1", 8, 12, "null cannot be calculated with"),
        (
            "min(sent, null) > 1",
            11,
            15,
            "min wants numbers or durations or times, all alike; null is null",
        ),
        # durations and times
        ("status_age > '10 m'", 14, 20, "write it without spaces"),
        ("status_age > '10'", 14, 18, "write 10s for seconds or 10m for minutes"),
        ("created_at > '2026-13-01'", 14, 26, "write it like 2026-03-02"),
        ("now - '2026-13-01' > '1h'", 7, 19, '"2026-13-01" is not a time'),
        ("age in ['1h', 'x']", 15, 18, '"x" is not a duration'),
        # lists
        ("status in ('done',)", 11, 20, 'write it as ["a", "b"]'),
        ("'x' in name", 8, 12, 'to search in a text write matches(name, "…")'),
        ("status in []", 11, 13, "the list is empty"),
        ("sent in [1, 'a']", 13, 16, "the list holds a text, but sent is a number"),
        ("sent in [1, null]", 13, 17, "test for it with == null"),
        ("sent in [delivered]", 10, 19, "a list holds constants only"),
        ("final in [true]", 1, 6, "in wants a number"),
        ("sent in [1] in [2]", 1, 19, "in cannot stand in a chain"),
        ("sent > 5, sent < 3", 1, 19, "a list can only stand right of in"),
        ("status in ['done' 'paused']", 19, 27, "a comma is missing between them"),
        # functions
        ("agos(sent, '10m') > 5", 1, 5, 'did you mean "ago"?'),
        ("before(sent, '10m') > 5", 1, 7, "there are matches, min, max, abs, ago, increase, rate"),
        (
            "ago(sent) > 5",
            1,
            10,
            'ago wants a field and a duration, not 1 argument (write ago(sent, "10m"))',
        ),
        (
            "ago(name, '10m') == 'a'",
            5,
            9,
            "nothing is known of what name was (it is known of status, final, sent,",
        ),
        ("ago(sent + 1, '10m') > 5", 5, 13, "nothing is known of what sent + 1 was"),
        (
            "increase(status, '10m') > 5",
            10,
            16,
            "increase wants a number; status is a text (write ago(…) to compare it)",
        ),
        (
            "rate(sent, 600) > 5",
            12,
            15,
            'rate wants its duration written out, like "10m"; 600 is a number',
        ),
        ("rate(sent, 'soon') > 5", 12, 18, '"soon" is not a duration'),
        ("ago(sent, '8d') > 5", 11, 15, "ago looks back between 1s and 1w"),
        (
            "ago(status, '1h') == 'snding'",
            22,
            30,
            'status can never be "snding" (did you mean "sending"?',
        ),
        ("match(name, 'x')", 1, 6, 'did you mean "matches"?'),
        ("name.startswith('x')", 1, 16, "to search in a text write matches"),
        ("min(sent) > 3", 1, 10, "min wants 2 to 10 arguments, not 1"),
        ("abs(now) > '1m'", 5, 8, "abs wants numbers or durations; now is a time"),
        ("matches(name, sender)", 15, 21, "wants its pattern written out"),
        ("matches(sent, 'x')", 9, 13, "matches searches in texts; sent is a number"),
        ("matches(name)", 1, 14, "not 1 argument"),
        ("matches(name, '(a')", 15, 19, "this is not a pattern: missing ): (a"),
        (r"matches(name, '\btest')", 15, 23, r'for a word boundary write r"\b"'),
        # what Python has and we have not
        ("None == sent", 1, 5, "None is Python's way of writing it (write null)"),
        ("final == True", 10, 14, "write true"),
        ("sent ** 2 > 4", 1, 10, "** is not part of the language"),
        ("sent & 5 > 3", 1, 9, "write and"),
        ("+sent > 3", 1, 6, "leave it out"),
        ("sent is null", 1, 13, "write =="),
        ("sent[0] > 3", 1, 8, "an index is not part of the language"),
        ("sent > 5 if final else true", 1, 28, "if … else is not part of the language"),
        ("lambda: 5", 1, 10, "lambda is not part"),
        ("f'{sent}' == name", 1, 10, "an f-text is not part"),
        ("[x for x in name]", 1, 18, "a comprehension is not part"),
        ("(x for x in name)", 1, 18, "a comprehension is not part"),
        ("{1: 2} == 4", 1, 7, "lists are written [a, b]"),
        ("min(*name) > 3", 5, 10, "* is not part"),
        ("b'a' == name", 1, 5, "b'a' is neither a number nor a text"),
        ("3j > 4", 1, 3, "neither a number nor a text"),
        # what other languages have
        ("sent = 5", 6, 7, "write == to compare"),
        ("sent > 5 && delivered < 3", 10, 12, "write and"),
        ("sent > 5 || final", 10, 12, "write or"),
        ("!final", 1, 2, "write not"),
        ("sent <> 5", 6, 8, "write !="),
        ("delivery_ratio < 80%", 20, 21, "ratios are written as 0.8 for 80 %"),
        ("NOT final", 1, 4, "write not"),
        ("(x := 5) > 3", 4, 6, "write == to compare"),
        ("sent ≥ 5", 6, 7, "write >="),
        ("sent – 5 > 3", 6, 7, "write - for minus"),
        (
            "sent\u00a0> 5",
            5,
            6,
            "the space U+00A0 cannot stand in a condition (write an ordinary space)",
        ),
        # numbers
        (
            "status_age > 10m",
            14,
            17,
            '10m is not a number (a duration is written in quotes: "10m")',
        ),
        ("increase(sent, 1h30m) > 5", 16, 21, '(a duration is written in quotes: "1h30m")'),
        ("delivery_ratio < 0,8", 18, 21, "a number has a point before its decimals (write 0.8)"),
        (
            "sent > 3 and (ratio < 0,805)",
            23,
            28,
            "a number has a point before its decimals (write 0.805)",
        ),
        ("sent > 10 000", 8, 14, "a number has no spaces (write 10000, or 10_000)"),
        (
            "sent > 1,000,000 and final",
            8,
            17,
            "a number has no commas (write 1000000, or 1_000_000)",
        ),
        ("rate(sent) > 4", 1, 11, "rate wants a field and a duration, not 1 argument (write"),
        ("1e400 > sent", 1, 6, "the number is too large"),
        ("sent > 99999999999999999999", 8, 28, "the number is too large"),
        # brackets and quotes
        ("(sent > 5", 1, 2, '"(" is never closed'),
        ("sent > 5)", 9, 10, '")" closes nothing'),
        ("final) or (final", 6, 7, '")" closes nothing'),
        ("sent in [1)", 11, 12, '")" closes nothing'),
        ('name == "abc', 9, 10, "a text is not closed"),
        ("sent\x00 > 5", 5, 6, "the character U+0000 cannot stand"),
        ("sent >", 7, 8, 'a value is missing after ">"'),
        ("sent >=", 8, 9, 'a value is missing after ">="'),
        ("sent > 5 and", 13, 14, 'a condition is missing after "and"'),
        ("sent > 5 and not", 17, 18, 'a condition is missing after "not"'),
        ("status not  in", 15, 16, 'a value is missing after "not in"'),
        ("sent > 5 5", 10, 11, "this is not a condition"),
        ("sent > > 5", 8, 9, 'a value is missing after ">"'),
        ("sent > and delivered > 5", 8, 9, 'a value is missing after ">"'),
        ("(sent > ) and delivered > 5", 9, 10, 'a value is missing after ">"'),
    ],
)
def test_a_fault_says_what_is_wrong_and_where(text: str, column: int, end: int, said: str) -> None:
    fault = the_fault(text)
    assert (fault.line, fault.column, fault.end_column) == (1, column, end), fault
    assert said in str(fault)


def test_commas_between_the_numbers_of_a_list_are_no_thousands() -> None:
    parse_condition("sent in [1,100,200] or max(1,100) > delivered", scope="campaign")


def test_columns_count_characters_and_not_bytes() -> None:
    fault = the_fault("name == 'größe 🎉' and sennt > 1")
    assert (fault.column, fault.end_column) == (23, 28)
    assert str(fault).startswith("1:23: ")


def test_lines_count_within_the_text() -> None:
    found = faults("status == 'sending'\r\n  or sennt > 4\n\n  and (delivered ==\n 'x')")
    assert [
        (fault.line, fault.column, fault.span.end_line, fault.end_column) for fault in found
    ] == [(2, 6, 2, 11), (4, 8, 5, 5)]


def test_a_syntax_error_on_a_later_line_is_placed_there() -> None:
    fault = the_fault("\n final\n  and > 5")
    assert (fault.line, fault.column) == (3, 7)
    fault = the_fault("final # why\n  and > 5")
    assert fault.line == 2


def test_all_faults_are_found_at_once_in_the_order_of_the_text() -> None:
    found = faults(
        "sennt > 5 and status == 'Done' and status_age > 600 and min(sent) > 1 and matches(name, "
        "'(')"
    )
    assert [fault.column for fault in found] == [1, 25, 36, 57, 89]


def test_one_fault_does_not_cause_another() -> None:
    assert len(faults("(sennt + 5) * 2 > 'x' or not (sennt > 1)")) == 2


@pytest.mark.parametrize("text", ["", "  ", "\n\n"])
def test_an_empty_condition_is_refused(text: str) -> None:
    assert "the condition is empty (write true for always)" in str(the_fault(text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sent > " + "1" * 5_000, "4000 is the most"),
        ("(" * 500 + "1", "brackets are nested more than 40 deep"),
        ("(" * 60 + "final" + ")" * 60, "brackets are nested more than 40 deep"),
        ("not " * 900 + "true", "nested"),
        ("- " * 1_900 + "1 > 2", "nested"),
        ("1" + "+1" * 1_900 + " > 2", "nested more than 40 deep"),
        ("sent in [" + ",".join("1" * 1_500) + "]", "more than 1000 parts"),
    ],
)
def test_what_is_too_long_or_deep_is_refused_without_a_crash(text: str, said: str) -> None:
    assert said in str(the_fault(text))


def test_what_is_just_within_the_limits_can_be_compiled() -> None:
    from monitor.domain.condition import compile_batch

    deep = "not (" * 19 + "min(abs(sent), -(delivered / 2)) > 1" + ")" * 19
    wide = " and ".join(["sent > 1"] * 300)
    listed = "sent in [" + ",".join("1" * 990) + "]"
    assert (
        compile_batch([parse_condition(text, scope="campaign") for text in (deep, wide, listed)])(
            [], 0.0
        )
        == []
    )


def test_fields_depend_on_the_scope_and_the_kind_of_rule() -> None:
    assert parse_condition("old_status == null", scope="campaign", event=True).fields == {
        "old_status"
    }
    assert "did you mean" in str(the_fault("balanc < 5", "account"))
    assert "it is a field of scope campaign and sender" in str(the_fault("sent < 5", "account"))
    with pytest.raises(ValueError, match='no fields for scope "route"'):
        parse_condition("true", scope="route")


def test_the_error_lists_every_fault_on_a_line_of_its_own() -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition("sennt > 5 and delivred > 1", scope="campaign")
    assert str(caught.value).splitlines() == [
        '1:1: there is no field "sennt" (did you mean "sent"?)',
        '1:15: there is no field "delivred" (did you mean "delivered"?)',
    ]
