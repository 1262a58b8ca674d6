"""An answer: sections of sentences for people, and the values they are made of for scripts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """A title, sections by heading with a line for each thing said, and the values behind them."""

    title: str
    sections: Mapping[str, Sequence[str]]
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def markdown(self) -> str:
        """The same as Markdown; what is Markdown's own in a text is escaped."""
        parts = [f"## {_escaped(self.title)}"]
        for heading, lines in self.sections.items():
            parts.append(f"### {_escaped(heading)}")
            parts.append("\n".join(f"- {_escaped(line)}" for line in lines))
        return "\n\n".join(parts)


def _escaped(text: str) -> str:
    plain = " ".join(text.split())
    for mark in ("\\", "`", "*", "_", "[", "]", "<", "|", "#"):
        plain = plain.replace(mark, f"\\{mark}")
    return plain


def shortened(text: str | None, longest: int = 60) -> str:
    """The text in quotation marks, in one line, cut."""
    line = " ".join((text or "").split())
    return f'"{line if len(line) <= longest else line[: longest - 1] + "…"}"'
