"""How messages, captions and pages are known: natural keys, and page names for programs."""

# pyarrow comes without types, and makes its compute functions when it is imported.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import hashlib
import html
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from eros_assets.importing.mapping import MAPPING_FILE
from eros_assets.importing.masks import changed
from eros_assets.importing.mistakes import Mistake, MistakeLog, Notes
from eros_assets.importing.schema import PAGE_NAME

ENTITY = r"&(#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]*);"
MOST_PAGES_SHOWN = 3


def normal_text(text: pa.Array) -> pa.Array:
    """The texts as they are compared: entities decoded, lower case, letters, digits and spaces.

    Each distinct text is normalised once: a history repeats its captions.
    """
    distinct = text.dictionary_encode()
    return _normalised(distinct.dictionary).take(distinct.indices)


def _normalised(text: pa.Array) -> pa.Array:
    decoded = changed(
        text,
        pc.fill_null(pc.match_substring_regex(text, ENTITY), fill_value=False).to_numpy(
            zero_copy_only=False
        ),
        html.unescape,
    )
    lower = pc.utf8_lower(pc.utf8_normalize(decoded, form="NFC"))
    letters = pc.replace_substring_regex(lower, r"[^\p{L}\p{N}\s\p{Z}]", "")
    return pc.utf8_trim(pc.replace_substring_regex(letters, r"[\s\p{Z}]+", " "), " ")


def ids_of(keys: Iterable[str | None]) -> NDArray[np.int64]:
    """Ids made from keys: the first 63 bits of the key's SHA-256; 0 for None."""
    return np.array(
        [
            0
            if key is None
            else int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") >> 1
            for key in keys
        ],
        dtype=np.int64,
    )


def text_ids(text: pa.Array) -> pa.Array:
    """Integer ids for ids that are text; NULL stays NULL."""
    trimmed = pc.utf8_trim_whitespace(text)
    distinct = trimmed.dictionary_encode()
    ids = pa.array(ids_of(f"id {value}" for value in distinct.dictionary.to_pylist()))
    return ids.take(distinct.indices)


def slug(name: str) -> str:
    """A page's name for programs: `Stone & Kiln` is `stone_and_kiln`; empty when there is none."""
    plain = unicodedata.normalize("NFKD", html.unescape(name).replace("&", " and "))
    letters = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return re.sub(r"[^a-z0-9]+", "_", letters.replace("'", "").replace("’", "")).strip("_")


@dataclass(slots=True)
class Pages:
    """Gives pages the names that programs use, the same in all tables.

    `named` are those that the mapping decides. `shown` has the name that people use of each page.
    """

    named: Mapping[str, str]
    shown: dict[str, str] = field(default_factory=dict[str, str])

    def slugs(self, file: str, names: pa.Array, log: MistakeLog) -> pa.Array:
        """The pages' names; a name that gives none stays as it is."""
        other = ~pc.fill_null(pc.match_substring_regex(names, PAGE_NAME), fill_value=True).to_numpy(
            zero_copy_only=False
        )
        if self.named:
            mapped = pc.is_in(names, pa.array(list(self.named)))
            other |= mapped.to_numpy(zero_copy_only=False)
        return changed(names, other, lambda name: self._slug(file, name, log))

    def _slug(self, file: str, name: str, log: MistakeLog) -> str:
        said = name.strip()
        made = self.named.get(name) or self.named.get(said) or slug(said)
        if not made:
            return name
        before = self.shown.setdefault(made, said)
        if said not in self.named and _plain(before) != _plain(said):
            text = (
                f"page_name {said!r} and {before!r} would both be {made}: say which page each is, "
                f'under [pages] in {MAPPING_FILE}: "{said}" = "{made}_2"'
            )
            log.add(Mistake(file, None, "page_name", text), "two names of a page")
        return made

    def note(self, notes: Notes) -> None:
        """Note the pages whose names were made."""
        made = [f"{name} is {page}" for page, name in self.shown.items() if name != page]
        more = len(made) - MOST_PAGES_SHOWN
        if made:
            said = ", ".join(made[:MOST_PAGES_SHOWN]) + (f" and {more} more" if more > 0 else "")
            notes.add("pages", said)


def _plain(name: str) -> str:
    """A name without what people leave out or write differently: case, spaces, - and _."""
    return re.sub(r"[\s_-]+", "_", name.casefold().replace("&", " and ")).strip("_")
