"""Renders the templates of this folder; text that they are given is escaped."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent


def rendered(name: str, **contents: Any) -> str:
    """The text of a template with these contents; a name that it lacks is an error."""
    return _environment().get_template(name).render(**contents)


@cache
def source(name: str) -> str:
    """A file of this folder as it stands."""
    return (FOLDER / name).read_text(encoding="utf-8")


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # imported only to render

    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        auto_reload=False,  # it looks at the file for each time that it is asked for
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
