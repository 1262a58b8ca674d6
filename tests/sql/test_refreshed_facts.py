"""refresh_message_facts sorts what has changed, and ends where sorting everything again does."""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from eros_assets.warehouse.protocol import WarehouseError
from eros_assets.weekly.facts import Compared
from tests.sql.dataset import Dataset, Row, caption, la, message, parameters_of

MADE = ("message_facts", "scheduled_messages", "quarantined_messages", "fitted_maturity")
TODAY = dt.date(2025, 10, 31)
LOADED_AT = la(TODAY, 12)
OLD = dt.date(2024, 3, 5)
TEXTS = ("Fresh bread", "Soup of the day", "Come and see", "A text of nobody's")


def day(ago: int) -> dt.date:
    return TODAY - dt.timedelta(days=ago)


def sent(row_id: int | None, ago: int, hour: int = 9, **changes: Any) -> Row:
    """A message that says its caption and when its counts were read: a day later."""
    at = la(day(ago), hour)
    read = {"counted_at": at + dt.timedelta(days=1), "caption_id": 1}
    return message(row_id, sending_time=at, **read) | changes


@dataclass(frozen=True)
class Inputs:
    """What facts are made from."""

    rows: Sequence[Row]
    captions: Sequence[Row] = (caption(1, caption_text="Fresh bread"),)
    loaded_at: dt.datetime = LOADED_AT
    curve: Sequence[tuple[float, float]] = ((0.0, 0.1), (24.0, 0.4), (96.0, 1.0))
    min_messages: int = 2

    def refresh(self, dataset: Dataset, before: "Inputs | None", compare: Compared) -> None:
        if before is None or before.rows != self.rows:
            dataset.put("mass_messages", self.rows)
        if before is None or before.captions != self.captions:
            dataset.put("caption_bank", self.captions)
        if before is None or before.curve != self.curve:
            dataset.put("maturity_curve", [{"age_hours": a, "maturity": m} for a, m in self.curve])
        if before is None or before.min_messages != self.min_messages:
            dataset.tune(maturity_min_messages=self.min_messages)
        dataset.refresh_facts(self.loaded_at, compare)


Tables = Mapping[str, list[str]]


@dataclass
class Pair:
    """A dataset that is refreshed, and one in which everything is sorted again for each inputs."""

    refreshed: Dataset
    anew: Dataset
    inputs: Inputs | None = None
    sorted_again: Inputs | None = None
    known: dict[str, Tables] = field(default_factory=dict[str, Tables])

    def become(self, inputs: Inputs, compare: Compared = "whole") -> None:
        inputs.refresh(self.refreshed, self.inputs, compare)
        self.inputs = inputs

    def differences(self) -> list[str]:
        refreshed, anew = tables_of(self.refreshed), self.made()
        return [name for name in MADE if refreshed[name] != anew[name]]

    def made(self) -> Tables:
        """What sorting everything again makes of the inputs, which is done once for the same."""
        assert self.inputs
        key = repr(self.inputs)
        if key not in self.known:
            self.inputs.refresh(self.anew, self.sorted_again, "anew")
            self.sorted_again = self.inputs
            self.known[key] = tables_of(self.anew)
        return self.known[key]


def tables_of(dataset: Dataset) -> Tables:
    """The rows of each table that a refresh makes, but for when they were put into quarantine."""
    frames = {name: dataset.rows(name) for name in MADE}
    return {
        name: sorted(
            map(repr, frame.drop(columns="quarantined_at", errors="ignore").values.tolist())
        )
        for name, frame in frames.items()
    }


@pytest.fixture(scope="module")
def pair(deployed: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    made: list[Dataset] = []
    for name in ("refreshed", "anew"):
        folder = tmp_path_factory.mktemp(name)
        shutil.copy(deployed.settings.warehouse_file, folder)
        made.append(Dataset(folder, deployed.library))
    with made[0].opened(), made[1].opened():
        yield Pair(*made)


def history() -> list[Row]:
    """Every kind of row that a refresh tells apart, over a year and a half."""
    at = la(day(20), 9)
    unsent = {"sent_count": None, "viewed_count": None, "purchased_count": None}
    again = [
        sent(50 + n, 20, viewed_count=views, counted_at=at + dt.timedelta(hours=hours))
        for n in range(3)
        for hours, views in ((20, 150), (200, 400))
    ]
    return [
        message(1, sending_time=la(OLD), caption_id=1, counted_at=la(OLD) + dt.timedelta(days=9)),
        message(2, sending_time=la(OLD, 15), caption_id=1, counted_at=la(OLD, 18)),
        *(sent(10 + n, n) for n in range(1, 31)),
        sent(41, 45, caption_id=None, message="fresh BREAD!"),
        sent(42, 45, caption_id=None, message=TEXTS[1]),
        sent(43, 3, counted_at=None),
        sent(44, 70, counted_at=None),
        sent(None, 8, message=TEXTS[2]),
        sent(None, 8, message=TEXTS[2], viewed_count=390, counted_at=la(day(1))),
        *again,
        sent(60, -3, status="scheduled", **unsent),
        sent(61, 12, status="withdrawn", **unsent),
        sent(62, 14, page_name="painter"),
        sent(62, 90, page_name="cook"),
        sent(63, 5, sent_count=0),
        sent(64, 5, sending_time=None),
        sent(65, 5, sending_time=la(dt.date(1999, 1, 1))),
    ]


def changed(row_id: int | None, **changes: Any) -> Callable[[Inputs], Inputs]:
    def change(inputs: Inputs) -> Inputs:
        rows = [r | changes if r["row_id"] == row_id else r for r in inputs.rows]
        assert rows != inputs.rows
        return replace(inputs, rows=rows)

    return change


def added(*rows: Row) -> Callable[[Inputs], Inputs]:
    return lambda inputs: replace(inputs, rows=[*inputs.rows, *rows])


def without(*row_ids: int | None) -> Callable[[Inputs], Inputs]:
    return lambda inputs: replace(
        inputs, rows=[r for r in inputs.rows if r["row_id"] not in row_ids]
    )


def having(**changes: Any) -> Callable[[Inputs], Inputs]:
    return lambda inputs: replace(inputs, **changes)


def later(hours: float) -> dict[str, dt.datetime]:
    return {"loaded_at": LOADED_AT + dt.timedelta(hours=hours)}


CHANGES: dict[str, Callable[[Inputs], Inputs]] = {
    "nothing": having(),
    "a new day": added(sent(80, 0, 8), sent(81, 0, 9)),
    "a new day, loaded a day later": lambda i: replace(
        added(sent(80, 0, 18), sent(81, -1, 9))(i), **later(30)
    ),
    "counts that grew": changed(13, viewed_count=450, purchased_count=25, earnings=260.0),
    "counts of two messages exchanged": lambda i: changed(13, viewed_count=410)(
        changed(14, viewed_count=390)(i)
    ),
    "a reading added": added(sent(12, 2, viewed_count=500, counted_at=la(day(0), 10))),
    "a corrected price of an old message": changed(1, price=12.5),
    "a corrected page": changed(30, page_name="painter"),
    "a corrected text": changed(42, message=TEXTS[0]),
    "a row that is good now": changed(63, sent_count=1000),
    "a row that is bad now": changed(16, viewed_count=2000),
    "a row with a time now": changed(64, sending_time=la(day(5), 20)),
    "a deleted row": without(17),
    "a deleted day": without(1, 2),
    "a deleted row of several": without(None),
    "everything deleted": having(rows=[]),
    "a backfilled old row": added(sent(90, 500)),
    "a message moved to another day": changed(18, sending_time=la(day(100))),
    "a second row of a row_id, earlier": added(sent(19, 200, page_name="painter")),
    "a second row of a row_id, later": added(sent(19, 1, page_name="painter")),
    "the first of two rows of a row_id deleted": lambda i: replace(
        i, rows=[r for r in i.rows if not (r["row_id"] == 62 and r["page_name"] == "cook")]
    ),
    "the second of two rows of a row_id deleted": lambda i: replace(
        i, rows=[r for r in i.rows if not (r["row_id"] == 62 and r["page_name"] == "painter")]
    ),
    "a scheduled message sent on another day": lambda i: replace(
        added(sent(60, -1, 7))(i), **later(96)
    ),
    "a scheduled message withdrawn": changed(60, status="withdrawn"),
    "a withdrawn message sent": changed(61, status="sent", sent_count=900, viewed_count=9),
    "a scheduled message's time passes": having(**later(24 * 5)),
    "a caption of a text that had none": lambda i: replace(
        i, captions=[*i.captions, caption(2, caption_text=TEXTS[1])]
    ),
    "a caption with another text": having(captions=[caption(1, caption_text=TEXTS[1])]),
    "a caption of another page": having(
        captions=[caption(1, caption_text=TEXTS[0], page_name="painter")]
    ),
    "a caption that can't be used": having(
        captions=[caption(1, caption_text=TEXTS[0], price_tier="gold")]
    ),
    "a caption with another tier": having(
        captions=[
            caption(1, caption_text=TEXTS[0], price_tier="bump"),
            caption(2, caption_text=TEXTS[0], price_tier="mid"),
        ]
    ),
    "another curve": having(curve=((0.0, 0.2), (24.0, 0.6), (120.0, 1.0))),
    "no curve": having(curve=()),
    "a curve that ends below 1": having(curve=((0.0, 0.2), (24.0, 0.5))),
    "another least number of readings": having(min_messages=9),
    "a later load": having(**later(6)),
    "a load so late that the export is older": having(**later(24 * 9)),
    "readings that leave the last 60 days": having(**later(24 * 45)),
    "an earlier load": having(**later(-30)),
    "rows in another order": lambda i: replace(i, rows=list(reversed(i.rows))),
}


UNCHANGED = ("nothing", "rows in another order")
TIMES = [name for name in CHANGES if " load" in name or "time" in name or "day" in name]
YOUNG = (sent(66, 0, 8, counted_at=None), sent(67, -2, counted_at=None))
"""Messages whose age, and whether they have been sent, the newest load says."""


@pytest.mark.parametrize(
    ("name", "also"),
    [*((name, ()) for name in CHANGES), *((name, YOUNG) for name in TIMES)],
)
def test_a_change_ends_where_sorting_everything_again_does(
    pair: Pair, name: str, also: Sequence[Row]
) -> None:
    before = Inputs([*history(), *also])
    if pair.inputs != before:  # else the test before this one took its change back
        pair.become(before)
        assert not pair.differences()
    first = pair.made()
    pair.become(CHANGES[name](before))
    assert not pair.differences()
    assert name in (*UNCHANGED, *TIMES) or pair.made() != first, "there was nothing to do"
    # And back: what was taken away comes again.
    pair.become(before)
    assert not pair.differences()


class TestRecent:
    """A daily update compares the days from `facts_recent_days` before the last refresh on."""

    def test_it_finds_what_is_new(self, pair: Pair) -> None:
        before = Inputs(history())
        pair.become(before)
        pair.become(CHANGES["a new day, loaded a day later"](before), "recent")
        assert not pair.differences()
        pair.become(changed(13, earnings=999.0)(before), "recent")
        assert not pair.differences()

    def test_it_leaves_older_days_to_the_next_whole_comparison(self, pair: Pair) -> None:
        before = Inputs(history())
        pair.become(before)
        after = changed(1, price=12.5)(before)
        pair.become(after, "recent")
        assert pair.differences() == ["message_facts"]
        pair.become(after, "whole")
        assert not pair.differences()

    def test_it_looks_back_from_the_last_refresh_however_long_ago(self, pair: Pair) -> None:
        before = Inputs(history())
        pair.become(before)
        months_later = later(24 * 200)
        pair.become(replace(added(sent(80, 0, 18))(before), **months_later), "recent")
        assert not pair.differences()

    def test_it_looks_back_from_the_newest_message_of_an_old_export(self, pair: Pair) -> None:
        before = Inputs(history(), **later(24 * 400))
        pair.become(before)
        pair.become(added(sent(80, 0, 8))(before), "recent")
        assert not pair.differences()

    def test_a_new_row_of_an_old_row_id_finds_the_old_one(self, pair: Pair) -> None:
        before = Inputs(history())
        pair.become(before)
        pair.become(added(sent(1, 1, page_name="painter"))(before), "recent")
        assert not pair.differences()
        pair.become(before, "recent")
        assert not pair.differences()

    def test_other_captions_are_found_on_all_days(self, pair: Pair) -> None:
        before = Inputs([*history(), sent(90, 300, caption_id=None, message=TEXTS[1])])
        pair.become(before)
        pair.become(CHANGES["a caption of a text that had none"](before), "recent")
        assert not pair.differences()


class TestAnew:
    """Tables that are not as the last refresh left them are made anew."""

    @pytest.mark.parametrize("table", [*MADE[:3], "message_days"])
    def test_lost_rows_come_back(self, pair: Pair, table: str) -> None:
        pair.become(before := Inputs(history()))
        rows = pair.refreshed.rows(table).iloc[1:].astype(object)
        pair.refreshed.warehouse.load(table, rows.where(rows.notna(), None))
        pair.become(before, "recent")
        assert not pair.differences()

    def test_other_rules_sort_everything(self, pair: Pair) -> None:
        pair.become(before := Inputs(history()))
        facts = pair.refreshed.rows("message_facts")
        pair.refreshed.warehouse.load("message_facts", facts.assign(emv=1.0))
        pair.become(before)
        assert pair.differences() == ["message_facts"], "the rows are as many as they were"
        days = pair.refreshed.rows("message_days")
        pair.refreshed.warehouse.load("message_days", days.assign(made_by="an earlier version"))
        pair.become(before)
        assert not pair.differences()

    def test_a_second_refresh_writes_nothing(self, pair: Pair) -> None:
        pair.become(before := Inputs(history()))
        changes = [pair.refreshed.warehouse.freshness(name) for name in (*MADE, "message_days")]
        pair.become(before)
        again = [pair.refreshed.warehouse.freshness(name) for name in (*MADE, "message_days")]
        assert again == changes


def test_a_refresh_that_ends_in_the_middle_leaves_what_the_next_one_mends(pair: Pair) -> None:
    """After each of its statements that write, as when the process is killed there."""
    pair.become(before := Inputs(history()))
    first = tables_of(pair.refreshed)
    after = changed(13, earnings=999.0)(CHANGES["a new day"](before))
    script = pair.refreshed.library["refresh_message_facts"].text
    pieces = script.split("\nMERGE INTO ")
    assert len(pieces) == 6
    pair.refreshed.put("mass_messages", after.rows)
    for place in range(1, len(pieces)):
        whole = "\nMERGE INTO ".join(pieces[:place])
        broken = "\nMERGE INTO ".join([f"{whole}\nSELECT ERROR('killed') AS e;", *pieces[place:]])
        with pytest.raises(WarehouseError, match="killed"):
            pair.refreshed.warehouse.run(broken, parameters_of(pair.refreshed, LOADED_AT, "whole"))
        assert tables_of(pair.refreshed) == first
    pair.become(after)
    assert not pair.differences()


def test_more_shared_row_ids_than_a_variable_holds_sort_everything(pair: Pair) -> None:
    pair.become(before := Inputs(history()))
    after = CHANGES["a second row of a row_id, earlier"](before)
    script = pair.refreshed.library["refresh_message_facts"].text
    assert script.count("ARRAY_LENGTH(v_shared) > 50000") == 1
    fewer = script.replace("ARRAY_LENGTH(v_shared) > 50000", "ARRAY_LENGTH(v_shared) > 0")
    pair.refreshed.put("mass_messages", after.rows)
    pair.refreshed.warehouse.run(fewer, parameters_of(pair.refreshed, LOADED_AT, "whole"))
    found = tables_of(pair.refreshed)
    pair.become(after)
    assert found == pair.made()
