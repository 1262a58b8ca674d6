"""New captions are judged row by row: against the bank, each other, the rules and restrictions."""

from pathlib import Path

import pytest

from eros_assets.captions.intake import Intake, judge
from eros_assets.dataset import Dataset
from eros_assets.importing.captions import read_captions
from eros_assets.importing.identity import ids_of
from eros_assets.importing.mistakes import InputFileError

HEADER = "caption_text,price_tier,content_category,page_name\n"


def judged(dataset: Dataset, folder: Path, rows: str, header: str = HEADER) -> Intake:
    file = folder / "new.csv"
    file.write_text(header + rows, encoding="utf-8")
    return judge(dataset, read_captions(file))


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("KILN DAY  come and see the new bowls!,mid,craft,", "the bank has this text: caption 1"),
        ("She said yes & twice,bump,craft,", "the bank has this text: caption 2"),
        ("a retired TEXT,mid,craft,", "the bank has this text: caption 4, which is not in use"),
        ("Kiln day come and see the new bowl,mid,craft,", "99 % the same as caption 1 of the bank"),
        ("🎨✨,mid,craft,", "caption_text has no letter and no digit"),
        (f"{'x' * 50_001},mid,craft,", "caption_text is longer than 50,000 characters"),
        (
            "Free bread for all,mid,craft,",
            "restrictions of all 2 pages, such as clay, block it",
        ),
        (
            "A discount on every pot,mid,craft,cook",
            "restrictions of cook block it: blocked_patterns",
        ),
        ("Win a bowl,mid,giveaway,clay", "restricted_categories 'giveaway'"),
    ],
)
def test_a_refused_row_is_named_with_its_rule(
    dataset: Dataset, tmp_path: Path, row: str, rule: str
) -> None:
    found = judged(dataset, tmp_path, f"A good and new text,mid,craft,\n{row}\n")
    [refused] = found.refused
    assert found.line(refused).startswith("new.csv line 3: ")
    assert rule in found.line(refused)
    assert list(found.rows["caption_text"]) == ["A good and new text"]
    assert refused.is_similar == ("%" in rule)
    assert len(found.similar) == refused.is_similar


def test_rows_of_the_file_are_held_against_each_other(dataset: Dataset, tmp_path: Path) -> None:
    texts = (
        "A text with many words in it",
        "a text with many words in it!",
        "A text with many word in it",
    )
    found = judged(dataset, tmp_path, "".join(f"{text},mid,craft,\n" for text in texts))
    assert [found.line(each).split(": ", 2)[2] for each in found.refused] == [
        "the same text as line 2",
        "98 % the same as line 2",
    ]


def test_ids_are_made_from_the_texts_as_an_import_makes_them(
    dataset: Dataset, tmp_path: Path
) -> None:
    one = judged(dataset, tmp_path, "Bread at dawn,mid,craft,\nSoup at noon,bump,craft,\n").rows
    other = judged(dataset, tmp_path, "soup at NOON,mid,craft,\n").rows
    assert list(one["caption_id"]) == list(
        ids_of(["caption bread at dawn", "caption soup at noon"])
    )
    assert other["caption_id"].iloc[0] == one["caption_id"].iloc[1]


def test_an_id_of_another_text_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    found = judged(
        dataset, tmp_path, "3,Quite another text,mid\n", "caption_id,caption_text,price_tier\n"
    )
    assert [each.rule for each in found.refused] == ["the bank has another text of caption_id 3"]


def test_a_caption_that_some_pages_may_send_is_added_with_a_warning(
    dataset: Dataset, tmp_path: Path
) -> None:
    found = judged(
        dataset, tmp_path, "A discount on pots,mid,craft,\nBread for nobody,mid,craft,nobody\n"
    )
    assert len(found.rows) == 2
    assert list(found.warnings) == [
        "page nobody is not in creators: nothing is planned for it",
        "1 captions are restricted on cook",
    ]


def test_a_file_with_a_value_that_can_not_be_read_is_refused_as_a_whole(
    dataset: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(InputFileError, match=r"new\.csv line 3: price_tier 'gold' is not one of"):
        judged(dataset, tmp_path, "Bread,mid,craft,\nSoup,gold,,\n")


def test_a_file_of_variants_adds_the_first_and_what_is_like_a_refused_row_alone(
    dataset: Dataset, tmp_path: Path
) -> None:
    first = "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmn"
    like_first = first[:46] + "αβγδ"  # 92 % of its letters
    like_second = first[:42] + "εζηθαβγδ"  # 84 % of the first's, 92 % of the second's
    texts = [first, like_first, like_second, *(f"{first}{n}" for n in range(300))]
    found = judged(dataset, tmp_path, "".join(f"{text},mid,craft,\n" for text in texts))
    assert list(found.rows["caption_text"]) == [first, like_second]
    assert [each.rule.partition(" % ")[2] for each in found.refused] == ["the same as line 2"] * 301
