"""Renders the page that links to the page of every week, newest first; it has no script."""

import datetime as dt
from collections.abc import Sequence

from eros_assets.exporting.templates import rendered, source
from eros_assets.exporting.week_index import STYLE

TEMPLATE = "week_list.html.j2"


def week_list_page(weeks: Sequence[dt.date]) -> bytes:
    """The page as UTF-8 HTML; `weeks` are Mondays in order, each the name of a folder beside it."""
    return rendered(TEMPLATE, weeks=weeks, style=source(STYLE)).encode("utf-8")
