import json
from datetime import UTC
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from monitor.domain.campaign.feed import Feed
from monitor.metrics import Metrics
from monitor.provider.naive_times import LocalTimes
from monitor.provider.rejects import MOST_TOLD
from monitor.provider.row import RowDecoder
from monitor.provider.row_cache import FeedMemory, PageRows, SweepRows
from tests.unit.provider.scripted import row

FEED = Feed("default", "rcs")


class CountingDecoder(RowDecoder):
    def __init__(self) -> None:
        super().__init__("default", LocalTimes(UTC))
        self.decoded = 0

    def decode(self, raw: msgspec.Raw) -> Any:
        self.decoded += 1
        return super().decode(raw)


class Reader:
    """Sweeps of one feed, one after another."""

    def __init__(self) -> None:
        self.memory, self.decoder, self.metrics = FeedMemory(), CountingDecoder(), Metrics("test")

    def begin(self, *, fresh: bool = False) -> SweepRows:
        return SweepRows(
            FEED,
            memory=self.memory,
            decoder=self.decoder,
            other_types=frozenset({"sms"}),
            metrics=self.metrics,
            fresh=fresh,
        )

    def sweep(self, *rows: Any, fresh: bool = False, complete: bool = True) -> PageRows:
        """One sweep of one page; `decoder.decoded` then says how many rows it decoded."""
        self.decoder.decoded = 0
        reading = self.begin(fresh=fresh)
        page = reading.read(raws(*rows))
        reading.finish(complete=complete)
        return page

    def counted(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, {"account": "default", **labels})


def raws(*rows: Any) -> list[msgspec.Raw]:
    return [
        msgspec.Raw(value if isinstance(value, bytes) else json.dumps(value).encode())
        for value in rows
    ]


def test_an_unchanged_row_is_the_same_object_and_is_not_decoded_again() -> None:
    reader = Reader()
    first = reader.sweep(row(1), row(2))
    second = reader.sweep(row(1), row(2, status="done"), row(3))
    assert second.campaigns[0] is first.campaigns[0]
    assert [campaign.status for campaign in second.campaigns] == ["sending", "done", "sending"]
    assert reader.decoder.decoded == 2
    third = reader.sweep(row(1), row(2, status="done"), row(3))
    assert list(map(id, third.campaigns)) == list(map(id, second.campaigns))
    assert reader.decoder.decoded == 0


def test_a_fresh_sweep_decodes_everything_and_still_gives_the_same_objects() -> None:
    reader = Reader()
    first = reader.sweep(row(1), row(2))
    fresh = reader.sweep(row(1), row(2), fresh=True)
    assert reader.decoder.decoded == 2
    assert list(map(id, fresh.campaigns)) == list(map(id, first.campaigns))


def test_a_fresh_sweep_heals_a_hash_collision() -> None:
    reader = Reader()
    reader.sweep(row(1))
    key = hash(json.dumps(row(1)).encode())
    reader.memory.known[key] = reader.sweep(row(2)).campaigns[
        0
    ]  # as if the two rows had the same hash
    assert reader.sweep(row(1)).campaigns[0].id == 2
    assert reader.sweep(row(1), fresh=True).campaigns[0].id == 1
    assert reader.sweep(row(1)).campaigns[0].id == 1


def test_an_incomplete_sweep_forgets_nothing() -> None:
    reader = Reader()
    first = reader.sweep(row(1), row(2))
    for fresh in (False, True):
        reader.sweep(row(1), fresh=fresh, complete=False)
    assert reader.sweep(row(1), row(2)).campaigns[1] is first.campaigns[1]


def test_rows_that_left_are_forgotten_before_they_are_many() -> None:
    reader = Reader()
    for sent in range(40):
        reader.sweep(*(row(n, statistics={"sent": sent}) for n in range(1, 101)))
        assert len(reader.memory.known) <= 1.1 * 100 + 1000 + 100


def test_a_bad_row_costs_that_row_is_counted_and_logged_once_per_reason() -> None:
    reader = Reader()
    with capture_logs() as logs:
        page = reader.sweep(
            row(1), row(2, status=["x"]), row(3, status=["y"]), {"name": "no id"}, [], row(9)
        )
    assert [campaign.id for campaign in page.campaigns] == [1, 9]
    assert (page.unreadable, page.nameless.total(), page.first_id, page.last_id) == (
        {2, 3},
        2,
        1,
        9,
    )
    assert reader.counted("bsg_monitor_rows_rejected_total", reason="malformed") == 3
    told = {(entry["reason"], entry["example_campaign_id"]): entry for entry in logs}
    assert {key: entry["rows"] for key, entry in told.items()} == {
        ("malformed", 2): 2,
        ("malformed", None): 1,
        ("missing_field", None): 1,
    }
    assert all(entry["event"] == "rows_rejected" for entry in logs)


def said(*entries: Any) -> list[tuple[Any, ...]]:
    return [
        (entry["event"], entry.get("reason"), entry["rows"], entry["example_campaign_id"])
        for entry in entries
    ]


def test_a_bad_row_is_logged_once_until_it_can_be_read_again() -> None:
    reader = Reader()
    with capture_logs() as logs:
        for sent in range(3):  # its other fields move on
            reader.sweep(
                row(1, statistics={"sent": sent}), row(2, status=["x"], statistics={"sent": sent})
            )
        assert said(*logs) == [("rows_rejected", "malformed", 1, 2)]
        assert reader.counted("bsg_monitor_rows_rejected_total", reason="malformed") == 3
        reader.sweep(row(1), row(2, status=["x"]), row(3, status=["x"]))
        assert said(*logs[1:]) == [("rows_rejected", "malformed", 1, 3)]
        for _ in range(2):
            reader.sweep(row(1), row(2), row(3, status=["x"]))
        assert said(*logs[2:]) == [("rejected_rows_read_again", None, 1, 2)]
        reader.sweep(row(1), row(2, status=["x"]), row(3, status=["x"]))
        assert said(*logs[3:]) == [("rows_rejected", "malformed", 1, 2)]
        reader.sweep(
            row(1), row(2), row(3, status=["x"])
        )  # a row whose bytes are known from before
        reader.sweep(row(1), row(2), row(3))
    assert said(*logs[4:]) == [
        ("rejected_rows_read_again", None, 1, 2),
        ("rejected_rows_read_again", None, 1, 3),
    ]


def test_a_row_that_is_bad_in_another_way_is_logged_again() -> None:
    reader = Reader()
    with capture_logs() as logs:
        for bad in ({"status": ["x"]}, {"status": ["x"]}, {"status": None}):
            reader.sweep(row(1, **bad))
    assert said(*logs) == [
        ("rows_rejected", reason, 1, 1) for reason in ("malformed", "missing_field")
    ]


def test_a_field_that_cannot_be_read_is_counted_and_logged_once() -> None:
    reader = Reader()
    with capture_logs() as logs:
        for _ in range(2):
            page = reader.sweep(row(1, calculated_price="5.60 EUR"), row(2, calculated_price="?"))
            assert [campaign.id for campaign in page.campaigns] == [1, 2]
            assert not page.unreadable
        reader.sweep(row(1, calculated_price="5.70 EUR", start_at="soon"))
    assert [(entry["event"], entry["field"], entry["found"]) for entry in logs] == [
        ("field_unreadable", "calculated_price", '"5.60 EUR"'),
        ("field_unreadable", "start_at", '"soon"'),
    ]
    counted = reader.counted(
        "bsg_monitor_fields_unreadable_total", message_type="rcs", field="calculated_price"
    )
    assert counted == 3  # two rows, and one of them once more when it changed


def test_a_bad_row_that_a_narrow_or_partial_sweep_leaves_out_is_not_logged_again() -> None:
    reader = Reader()
    bad = (row(1, status=["x"]), {"name": "no id"})
    with capture_logs() as logs:
        reader.sweep(*bad, row(2), fresh=True)
        for complete in (True, False):
            reader.sweep(row(2), complete=complete)
            reader.sweep(*bad, row(2), fresh=True)
        assert len(logs) == 2
        reader.sweep(row(2), fresh=True)  # gone from all there is
        reader.sweep(*bad, row(2))
    assert said(*logs[2:]) == said(*logs[:2])


def test_rows_without_an_id_are_logged_when_they_become_more() -> None:
    reader = Reader()
    with capture_logs() as logs:
        for sent in range(3):
            reader.sweep({"statistics": {"sent": sent}})
        reading = reader.begin()  # at the edge of two pages
        for page in ((row(1), {"name": "a"}), ({"name": "a"}, row(2))):
            reading.read(raws(*page))
        reading.finish(complete=True)
        reader.sweep({"name": "a"}, {"name": "b"})
    assert said(*logs) == [("rows_rejected", "missing_field", 1, None)] * 2


def test_what_is_remembered_of_bad_rows_is_bounded() -> None:
    reader = Reader()
    many = [row(number, status=["x"]) for number in range(1, 3 * MOST_TOLD)]
    with capture_logs() as logs:
        for _ in range(2):
            reader.sweep(*many)
        assert said(*logs) == [("rows_rejected", "malformed", MOST_TOLD, 1)]
        assert len(reader.memory.rejects.rows) == MOST_TOLD
        reader.sweep(*many[-5:])  # the others make room
    assert said(*logs[1:]) == [("rows_rejected", "malformed", 5, 3 * MOST_TOLD - 5)]
    assert len(reader.memory.rejects.rows) == MOST_TOLD


def test_a_bad_row_at_the_edge_of_a_page_still_gives_its_id() -> None:
    page = Reader().sweep(row(1, status=None), row(2), row(3, status=None))
    assert (page.first_id, page.last_id, page.ascending) == (1, 3, True)
    assert Reader().sweep([], row(2)).first_id is None


@pytest.mark.parametrize("order", [(2, 1), (1, 3, 2), (2, 2, 1)])
def test_rows_out_of_order_are_noticed(order: tuple[int, ...]) -> None:
    rows = [row(id_, name=str(number)) for number, id_ in enumerate(order)]
    reader = Reader()
    assert not reader.sweep(*rows).ascending
    assert not reader.sweep(*rows).ascending  # also when every row is known


def test_a_row_that_is_there_twice_is_in_order() -> None:
    assert Reader().sweep(row(1), row(2), row(2, status="done"), row(3)).ascending


def test_rows_of_another_feed_are_dropped_counted_and_not_decoded_again() -> None:
    reader = Reader()
    rows = (row(1), row(2, message_type="sms"), row(3))
    with capture_logs() as logs:
        for _ in range(3):
            page = reader.sweep(*rows)
            assert [campaign.id for campaign in page.campaigns] == [1, 3]
            assert (page.unreadable, page.nameless.total(), page.ascending) == (
                frozenset(),
                0,
                True,
            )
    assert reader.decoder.decoded == 0
    assert reader.counted("bsg_monitor_rows_rejected_total", reason="other_feed") == 3
    assert len(logs) == 1


def test_a_row_of_a_type_that_no_feed_reads_is_kept_as_it_is_and_counted() -> None:
    reader = Reader()
    page = reader.sweep(row(1, message_type="fax", status="odd"), row(2, message_type="viber"))
    assert [campaign.message_type for campaign in page.campaigns] == ["fax", "viber"]
    assert reader.counted("bsg_monitor_unknown_values_total", field="message_type") == 1
    assert reader.counted("bsg_monitor_unknown_values_total", field="status") == 1


def test_an_empty_page_is_nothing() -> None:
    page = Reader().sweep()
    assert (list(page.campaigns), page.first_id, page.last_id, page.ascending) == (
        [],
        None,
        None,
        True,
    )


def test_a_window_read_once_more_gives_the_same_objects() -> None:
    reader = Reader()
    reading = reader.begin(fresh=True)
    first, again = reading.read(raws(row(1))), reading.read(raws(row(1)))
    reading.finish(complete=True)
    assert first.campaigns[0] is again.campaigns[0]
    assert reader.decoder.decoded == 1


def test_after_a_wide_sweep_narrow_ones_let_go_of_what_they_do_not_see_and_keep_their_objects() -> (
    None
):
    reader = Reader()
    wide = reader.sweep(*(row(n) for n in range(1, 2001)))
    for _ in range(2):
        narrow = reader.sweep(*(row(n) for n in range(1, 101)))
        assert list(map(id, narrow.campaigns)) == list(map(id, wide.campaigns[:100]))
    assert len(reader.memory.known) == 100
