"""Judges a file of new captions against the bank: what is added, and why a row is not."""

# pyarrow makes its compute functions when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eros_assets.captions.similarity import Likeness, near_duplicates
from eros_assets.dataset import Dataset, scratch_dataset
from eros_assets.importing.captions import CaptionFile
from eros_assets.importing.identity import ids_of, normal_text

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class RefusedCaption:
    """A row that is not added; `is_similar`: only because a caption is nearly the same."""

    place: str
    text: str
    rule: str
    is_similar: bool = False


@dataclass(frozen=True, eq=False)
class Intake:
    """What a file of captions would do.

    `rows` are those to add, `similar` those to add where near duplicates are accepted, both with
    the columns of the file and their ids; `refused` has every other row and the similar ones, in
    the order of the file; `warnings` are lines for people.
    """

    name: str
    rows: "pd.DataFrame"
    similar: "pd.DataFrame"
    refused: Sequence[RefusedCaption]
    warnings: Sequence[str]

    @property
    def broken(self) -> Sequence[RefusedCaption]:
        """The rows that can't be added whatever is accepted."""
        return [row for row in self.refused if not row.is_similar]

    def line(self, row: RefusedCaption) -> str:
        """A refused row for people: file, row, text and rule."""
        text = " ".join(row.text.split())
        short = text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."
        return f'{self.name} {row.place}: "{short}": {row.rule}'


def judge(
    dataset: Dataset,
    file: CaptionFile,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Intake:
    """Judge the captions of a file by the rules of the bank, its texts, and the restrictions.

    Ids that the file does not give are made from the texts, as an import makes them. `progress` is
    given, now and then, how many texts were compared with the bank, and of how many.
    """
    import pandas as pd
    import pyarrow as pa

    bank = dataset.rows("caption_bank")
    rows = file.rows.reset_index(drop=True)
    rows["normal"] = _normal(rows["caption_text"])
    made = pd.Series(ids_of(f"caption {text}" for text in rows["normal"]), index=rows.index)
    rows["caption_id"] = rows["caption_id"].fillna(made).astype("int64")
    bank["normal"] = _normal(bank["caption_text"])
    rules: dict[int, str] = {}
    for rule in (
        _broken_rules(dataset, rows),
        _repeats(rows),
        _known(rows, bank),
        _blocked_everywhere(dataset, rows),
    ):
        rules = {**rule, **rules}
    similar = _similar(rows, bank, skipped=rules.keys(), progress=progress)
    texts = pa.array(rows["caption_text"], pa.string(), from_pandas=True).to_pylist()
    refused = [
        RefusedCaption(
            str(rows.at[n, "place"]), texts[n] or "", rules.get(n) or similar[n], n not in rules
        )
        for n in sorted({*rules, *similar})
    ]
    plain = rows.drop(columns="normal")
    return Intake(
        file.name,
        plain.drop(index=[*rules, *similar]),
        plain.loc[sorted(similar)],
        refused,
        _warnings(dataset, rows.drop(index=list(rules))),
    )


def _normal(texts: "pd.Series[Any]") -> "pd.Series[Any]":
    import pyarrow as pa

    array = pa.array(texts, pa.string(), from_pandas=True)
    normal = normal_text(array).to_pandas()
    normal.index = texts.index
    return normal


def _broken_rules(dataset: Dataset, rows: "pd.DataFrame") -> dict[int, str]:
    """The rows that break a rule of `judged_captions`, which the whole bank is held against."""
    columns = [column.name for column in dataset.library["caption_bank"].columns]
    with scratch_dataset(dataset.settings, ("caption_bank", "judged_captions")) as scratch:
        # By the row's number: what else has the same id is found otherwise.
        numbered = rows[columns].assign(caption_id=rows.index)
        scratch.load("caption_bank", numbered)
        judged = scratch.rows("judged_captions")
    wrong = judged[judged["reason"].notna()]
    return {
        int(n): str(reason) for n, reason in zip(wrong["caption_id"], wrong["reason"], strict=True)
    } | {
        int(n): "caption_text has no letter and no digit"
        for n in rows.index[rows["normal"].fillna("") == ""]
        if int(n) not in set(wrong["caption_id"])
    }


def _repeats(rows: "pd.DataFrame") -> dict[int, str]:
    """Rows with the text or the id of an earlier row of the file."""
    first = rows.drop_duplicates("normal").set_index("normal")["place"]
    found = {
        int(n): f"the same text as {first[rows.at[n, 'normal']]}"
        for n in rows.index[rows["normal"].duplicated() & rows["normal"].notna()]
    }
    by_id = rows.drop_duplicates("caption_id").set_index("caption_id")["place"]
    for n in rows.index[rows["caption_id"].duplicated()]:
        found.setdefault(int(n), f"the same caption_id as {by_id[rows.at[n, 'caption_id']]}")
    return found


def _known(rows: "pd.DataFrame", bank: "pd.DataFrame") -> dict[int, str]:
    """Rows with the text or the id of a caption of the bank."""
    by_text = bank.drop_duplicates("normal").set_index("normal")
    by_id = bank.drop_duplicates("caption_id").set_index("caption_id")
    found: dict[int, str] = {}
    for n, caption_id, normal in rows[["caption_id", "normal"]].itertuples():
        if normal in by_text.index:
            there = by_text.loc[normal]
            state = "" if bool(there["is_active"]) else ", which is not in use"
            found[int(n)] = f"the bank has this text: caption {there['caption_id']}{state}"
        elif caption_id in by_id.index:
            found[int(n)] = f"the bank has another text of caption_id {caption_id}"
    return found


def _blocked_everywhere(dataset: Dataset, rows: "pd.DataFrame") -> dict[int, str]:
    """Rows that no page may send for its restrictions."""
    blocked = _blocking_pages(dataset, rows)
    creators = dataset.rows("usable_creators")
    active = set(creators.loc[creators["is_active"].fillna(value=False), "page_name"])
    found: dict[int, str] = {}
    for n, by_page in blocked.items():
        own = rows.at[n, "page_name"]
        pages = {own} if isinstance(own, str) else active
        if pages and pages <= by_page.keys():
            page = min(pages)
            whom = page if len(pages) == 1 else f"all {len(pages)} pages, such as {page},"
            found[n] = f"restrictions of {whom} block it: {by_page[page]}"
    return found


def _blocking_pages(dataset: Dataset, rows: "pd.DataFrame") -> dict[int, dict[str, str]]:
    """For each row that some page may not send, those pages, and the restriction of each."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pa.array(rows["caption_text"], pa.string(), from_pandas=True)
    found: dict[int, dict[str, str]] = {}

    def block(hit: "np.ndarray[Any, Any]", page: str, rule: str) -> None:
        for n in rows.index[hit]:
            found.setdefault(int(n), {}).setdefault(page, rule)

    hits: dict[str, np.ndarray[Any, Any]] = {}
    for rule in dataset.rows("usable_restrictions").to_dict("records"):
        page = str(rule["page_name"])
        for pattern in _items(rule["blocked_patterns"]):
            if pattern not in hits:
                matched = pc.fill_null(pc.match_substring_regex(texts, pattern), fill_value=False)
                hits[pattern] = matched.to_numpy(zero_copy_only=False)
            block(hits[pattern], page, f"blocked_patterns {pattern!r}")
        for name, column in (
            ("restricted_categories", "content_category"),
            ("restricted_price_tiers", "price_tier"),
        ):
            for item in _items(rule[name]):
                block((rows[column] == item).to_numpy(dtype=bool), page, f"{name} {item!r}")
    return found


def _items(value: object) -> list[str]:
    return [] if value is None else [str(item) for item in value if item is not None]  # type: ignore[attr-defined]


def _similar(
    rows: "pd.DataFrame",
    bank: "pd.DataFrame",
    *,
    skipped: Collection[int],
    progress: Callable[[int, int], None],
) -> dict[int, str]:
    """Rows nearly the same as a caption of the bank or a good row above, with the most similar.

    A row is not held against rows that are nearly the same as another: what is like them alone
    may be added, and a file of variants of a few texts costs no more than those few.
    """
    new = rows.drop(index=list(skipped))
    known = bank.dropna(subset=["normal"]).drop_duplicates("normal")
    found = near_duplicates(
        list(new["normal"]), list(known["normal"]), lambda done: progress(done, len(new))
    )
    ids, places, numbers = known["caption_id"].tolist(), new["place"].tolist(), new.index.tolist()

    def named(like: Likeness) -> str:
        nearest = (
            f"caption {ids[like.number]} of the bank" if like.is_known else places[like.number]
        )
        return f"{like.percent} % the same as {nearest}"

    return {int(numbers[at]): named(like) for at, like in found.items()}


def _warnings(dataset: Dataset, rows: "pd.DataFrame") -> Sequence[str]:
    """What people should know of captions that are added all the same."""
    pages = set(dataset.rows("usable_creators")["page_name"])
    unknown = sorted({p for p in rows["page_name"].dropna() if p not in pages})
    lines = [f"page {page} is not in creators: nothing is planned for it" for page in unknown]
    blocked = _blocking_pages(dataset, rows)
    by_page: dict[str, int] = {}
    for restricted in blocked.values():
        for page in restricted:
            by_page[page] = by_page.get(page, 0) + 1
    lines += [
        f"{count} captions are restricted on {page}" for page, count in sorted(by_page.items())
    ]
    return lines
