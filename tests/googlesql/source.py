"""From the text of a file in `sql/` to what the analyser reads, and from its places back.

`${dataset}` is rendered, and dotted names in one pair of backticks, which BigQuery takes for paths
and the analyser for one odd name, are split by the syntax tree. Neither moves what a finding says:
places are of the file as it stands.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from string import Template

from eros_assets.settings import Settings
from eros_assets.warehouse.sql.files import source_text
from tests.googlesql.syntax import Node, parse_script

PROJECT: str = Settings.model_fields["project_id"].default
DATASET: str = Settings.model_fields["dataset"].default
NAMES = {"dataset": f"{PROJECT}.{DATASET}"}

Edit = tuple[int, int, bytes]


@dataclass(frozen=True)
class Edited:
    """A text made from another by replacing parts of it; everything in bytes of UTF-8."""

    text: bytes
    _new: Sequence[int]
    _old: Sequence[int]

    @classmethod
    def of(cls, text: bytes, edits: Sequence[Edit]) -> "Edited":
        """Apply `edits`, which don't overlap."""
        parts, new, old, position, length = [], [0], [0], 0, 0
        for start, end, replacement in sorted(edits):
            parts += [text[position:start], replacement]
            length += start - position
            new.append(length)
            old.append(start)
            length += len(replacement)
            new.append(length)
            old.append(end)
            position = end
        return cls(b"".join([*parts, text[position:]]), new, old)

    def origin(self, offset: int) -> int:
        """The place in the first text that a place in the edited one came from."""
        i = bisect_right(self._new, offset) - 1
        beyond = self._old[i] + offset - self._new[i]
        # Inside a replacement there may be more bytes than there were: stay within the original.
        return min(beyond, self._old[i + 1]) if i % 2 and i + 1 < len(self._old) else beyond


class UnknownPlaceholderError(ValueError):
    """Something like `${name}` that the repository doesn't render; its line and column, from 1."""

    def __init__(self, placeholder: str, before: str) -> None:
        super().__init__(f"unknown placeholder {placeholder}")
        self.line = before.count("\n") + 1
        self.column = len(before) - before.rfind("\n")


class Source:
    """One file: its tree, and the text that the analyser reads.

    `tree` places are of `text`; `place` turns them into lines and columns of the file. With `split`
    off, dotted names stay single identifiers: the evaluator wants them so.
    """

    def __init__(
        self, content: str, names: Mapping[str, str] = NAMES, *, split: bool = True
    ) -> None:
        original = content.encode()
        self._content = original
        self._rendered = Edited.of(original, list(_placeholders(content, names)))
        tree = parse_script(self._rendered.text.decode())
        self._split = Edited.of(self._rendered.text, list((_splits if split else _aliases)(tree)))
        self.text = self._split.text
        self.tree = parse_script(self.text.decode())

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of a byte of `text`, in the file."""
        offset = self._rendered.origin(self._split.origin(offset))
        before = self._content[:offset].decode("utf-8", "ignore")
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1

    def offset(self, line: int, column: int) -> int:
        """The byte of `text` at the analyser's line and column, which counts tabs as up to 8."""
        return offset_of(self.text, line, column)

    def only(self, start: int, end: int, prefix: bytes = b"") -> tuple[str, int]:
        """The part of `text` from `start` to `end` at its own place, all else blank.

        With `prefix` (`SELECT `) put before it. Second, how far that shifted the part's columns
        on its first line, where there was no room for the prefix.
        """
        blank = bytes(c if c == 10 else 32 for c in self.text[:start])
        line = blank.rfind(b"\n") + 1
        if not prefix:
            return (blank + self.text[start:end]).decode(), 0
        room = len(blank) - line
        shift = max(0, len(prefix) - room)
        head = blank[: len(blank) - min(room, len(prefix))] + prefix
        return (head + self.text[start:end]).decode(), shift


def statements_of(path: Path) -> Sequence[Node]:
    """The statements of a file, outermost only."""
    return Source(source_text(path)).tree.child("statement_list_node").many("statement_list")


def offset_of(text: bytes, line: int, column: int) -> int:
    """The byte at a line and column of the analyser, which counts tabs as up to 8 columns."""
    lines = text.splitlines(keepends=True)
    starts = [0, *accumulate(len(each) for each in lines)]
    start = starts[min(line - 1, len(starts) - 1)]
    at, width = 1, 0
    for character in text[start:].decode():
        if at >= column or character == "\n":
            break
        at += 8 - (at - 1) % 8 if character == "\t" else 1
        width += len(character.encode())
    return start + width


def _placeholders(content: str, names: Mapping[str, str]) -> "list[Edit]":
    edits: list[Edit] = []
    for match in Template.pattern.finditer(content):
        start = len(content[: match.start()].encode())
        end = start + len(match[0].encode())
        name = match["named"] or match["braced"]
        if match["escaped"] is not None:
            edits.append((start, end, b"$"))
        elif name is not None:
            if name not in names:
                raise UnknownPlaceholderError(match[0], content[: match.start()])
            edits.append((start, end, names[name].encode()))
    return edits


def _is_dotted(node: Node) -> bool:
    return bool(node.values.get("is_quoted")) and "." in str(node.values["id_string"])


def _splits(tree: Node) -> "Iterator[Edit]":
    for node in tree.walk():
        if node.kind == "Identifier" and _is_dotted(node):
            parts = str(node.values["id_string"]).split(".")
            yield node.start, node.end, ".".join(f"`{part}`" for part in parts).encode()


def _aliases(tree: Node) -> "Iterator[Edit]":
    # A path's last name is its alias; one dotted identifier's isn't, so it is written out.
    for node in tree.walk():
        if node.kind in ("TablePathExpression", "TVF") and node.one("alias") is None:
            name = node.one("path_expr") or node.one("name")
            if name is not None and _is_dotted(name.many("names")[0]):
                last = name.path[0].rsplit(".", 1)[-1]
                yield node.end, node.end, f" AS `{last}`".encode()
