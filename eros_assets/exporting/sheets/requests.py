"""Single requests of `spreadsheets.batchUpdate`, as the API wants them.

https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request
"""

from collections.abc import Mapping, Sequence
from typing import Any

from eros_assets.exporting.sheets.cells import CellKind, SheetColumn, Value

Request = dict[str, Any]

INK, FAINT, PAPER = "#1f2933", "#5f6c7b", "#ffffff"
HEADER, BAND = "#dbe5f1", "#f4f6f8"
TIERS = {
    "budget": ("#bfe3f7", INK),
    "mid": ("#f6d58e", INK),
    "premium": ("#0b5394", PAPER),
    "bump": (PAPER, FAINT),
}
"""Fill and text of a tier's cell: the calendar's colours, pale enough to read on."""
DECISIONS = {"approve": ("#cfe8cf", INK), "reject": ("#f3c1b4", INK)}

NUMBER_FORMATS: Mapping[CellKind, Mapping[str, str]] = {
    "id": {"type": "TEXT"},
    "text": {"type": "TEXT"},
    "long": {"type": "TEXT"},
    "whole": {"type": "NUMBER", "pattern": "#,##0"},
    "score": {"type": "NUMBER", "pattern": "0.000"},
    "date": {"type": "DATE", "pattern": "ddd yyyy-mm-dd"},
    "time": {"type": "TIME", "pattern": "hh:mm"},
}
RIGHT = frozenset({"whole", "score", "date", "time"})


def grid_range(
    sheet_id: int, rows: tuple[int, int | None], columns: tuple[int, int | None]
) -> dict[str, int]:
    """Half open ranges of rows and columns; None: to the end, however far that comes to be."""
    names = ("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex")
    ends = zip(names, (*rows, *columns), strict=True)
    return {"sheetId": sheet_id, **{name: end for name, end in ends if end is not None}}


def add_sheet(sheet_id: int, title: str, index: int, size: tuple[int, int], frozen: int) -> Request:
    """A new tab of exactly this size."""
    rows, columns = size
    grid = {"rowCount": rows, "columnCount": columns, "frozenRowCount": frozen}
    properties = {"sheetId": sheet_id, "title": title, "index": index, "gridProperties": grid}
    return {"addSheet": {"properties": properties}}


def resize(sheet_id: int, size: tuple[int, int], frozen: int) -> Request:
    """The tab in exactly this size; what lies beyond goes."""
    rows, columns = size
    grid = {"rowCount": rows, "columnCount": columns, "frozenRowCount": frozen}
    return {
        "updateSheetProperties": {
            "properties": {"sheetId": sheet_id, "gridProperties": grid},
            "fields": "gridProperties(rowCount,columnCount,frozenRowCount)",
        }
    }


def write_values(
    sheet_id: int, rows: Sequence[Sequence[Value]], at: tuple[int, int], size: tuple[int, int]
) -> Request:
    """Typed values into a range; what it holds beyond `rows` is cleared. Formats stay."""
    (row, column), (height, width) = at, size
    return {
        "updateCells": {
            "range": grid_range(sheet_id, (row, row + height), (column, column + width)),
            "rows": [{"values": [_cell(value) for value in values]} for values in rows],
            "fields": "userEnteredValue",
        }
    }


def _cell(value: Value) -> Request:
    match value:
        case None | "":
            return {}
        case bool():
            return {"userEnteredValue": {"boolValue": value}}
        case str():
            return {"userEnteredValue": {"stringValue": value}}
        case int() | float():
            return {"userEnteredValue": {"numberValue": value}}


def format_cells(where: Mapping[str, int], look: Mapping[str, Any]) -> Request:
    """One look for a whole range, in the place of any it had."""
    return {
        "repeatCell": {
            "range": where,
            "cell": {"userEnteredFormat": look},
            "fields": "userEnteredFormat",
        }
    }


def column_look(kind: CellKind) -> Mapping[str, Any]:
    """How the cells of a kind look."""
    look: dict[str, Any] = {
        "verticalAlignment": "TOP",
        "horizontalAlignment": "RIGHT" if kind in RIGHT else "LEFT",
        "wrapStrategy": "WRAP" if kind == "long" else "CLIP",
    }
    if kind in NUMBER_FORMATS:
        look["numberFormat"] = NUMBER_FORMATS[kind]
    return look


def header_look(kind: CellKind = "text") -> Mapping[str, Any]:
    """How a header's cells look."""
    return {
        "backgroundColorStyle": colour(HEADER),
        "horizontalAlignment": "RIGHT" if kind in RIGHT else "LEFT",
        "verticalAlignment": "MIDDLE",
        "wrapStrategy": "CLIP",
        "textFormat": {"bold": True, "foregroundColorStyle": colour(INK)},
        "numberFormat": NUMBER_FORMATS["text"],
    }


def link_cell(sheet_id: int, row: int, column: int, address: str) -> Request:
    """Make a cell's text a link; not a HYPERLINK formula."""
    look = {**column_look("text"), "textFormat": {"link": {"uri": address}}}
    return format_cells(grid_range(sheet_id, (row, row + 1), (column, column + 1)), look)


def format_table(
    sheet_id: int, columns: Sequence[SheetColumn], rows: tuple[int, int]
) -> list[Request]:
    """The columns' looks over these rows."""
    return [
        format_cells(grid_range(sheet_id, rows, (place, place + 1)), column_look(column.kind))
        for place, column in enumerate(columns)
    ]


def format_header(sheet_id: int, columns: Sequence[SheetColumn], row: int = 0) -> list[Request]:
    """The header's look, numbers' titles over their numbers."""
    return [
        format_cells(
            grid_range(sheet_id, (row, row + 1), (place, place + 1)), header_look(column.kind)
        )
        for place, column in enumerate(columns)
    ]


def column_widths(sheet_id: int, columns: Sequence[SheetColumn]) -> list[Request]:
    """Each column's width in pixels."""
    return [
        {
            "updateDimensionProperties": {
                "range": {
                    "sheetId": sheet_id,
                    "dimension": "COLUMNS",
                    "startIndex": place,
                    "endIndex": place + 1,
                },
                "properties": {"pixelSize": column.width},
                "fields": "pixelSize",
            }
        }
        for place, column in enumerate(columns)
    ]


def add_banding(where: Mapping[str, int]) -> Request:
    """Every second row shaded; refused where there is banding already."""
    rows = {
        "headerColorStyle": colour(HEADER),
        "firstBandColorStyle": colour(PAPER),
        "secondBandColorStyle": colour(BAND),
    }
    return {"addBanding": {"bandedRange": {"range": where, "rowProperties": rows}}}


def delete_banding(banding: int) -> Request:
    """Take banding away."""
    return {"deleteBanding": {"bandedRangeId": banding}}


def set_filter(where: Mapping[str, int]) -> Request:
    """The tab's filter, with nothing filtered out."""
    return {"setBasicFilter": {"filter": {"range": where}}}


def protect(sheet_id: int, description: str, *free: Mapping[str, int]) -> Request:
    """Warn who edits the tab outside of `free`; nobody is kept from it."""
    protected: dict[str, Any] = {
        "range": {"sheetId": sheet_id},
        "description": description,
        "warningOnly": True,
    }
    if free:
        protected["unprotectedRanges"] = list(free)
    return {"addProtectedRange": {"protectedRange": protected}}


def set_choices(where: Mapping[str, int], choices: Sequence[str]) -> Request:
    """Let cells hold one of these, from a list, or nothing."""
    values = [{"userEnteredValue": choice} for choice in choices]
    rule = {
        "condition": {"type": "ONE_OF_LIST", "values": values},
        "strict": True,
        "showCustomUi": True,
    }
    return {"setDataValidation": {"range": where, "rule": rule}}


def clear_validation(where: Mapping[str, int]) -> Request:
    """Let cells hold anything."""
    return {"setDataValidation": {"range": where}}


def colour_texts(where: Mapping[str, int], colours: Mapping[str, tuple[str, str]]) -> list[Request]:
    """Rules that colour a cell by its text. Each call adds rules: for new tabs only."""
    return [
        {
            "addConditionalFormatRule": {
                "index": place,
                "rule": {
                    "ranges": [where],
                    "booleanRule": {
                        "condition": {"type": "TEXT_EQ", "values": [{"userEnteredValue": text}]},
                        "format": {
                            "backgroundColorStyle": colour(fill),
                            "textFormat": {"foregroundColorStyle": colour(ink)},
                        },
                    },
                },
            }
        }
        for place, (text, (fill, ink)) in enumerate(colours.items())
    ]


def insert_rows(sheet_id: int, at: int, count: int) -> Request:
    """New rows before row `at`; what stood there moves down, with all that people did to it."""
    where = {"sheetId": sheet_id, "dimension": "ROWS", "startIndex": at, "endIndex": at + count}
    return {"insertDimension": {"range": where, "inheritFromBefore": False}}


def unmerge(where: Mapping[str, int]) -> Request:
    """Cells that somebody merged, apart again: a merged cell swallows what is written to it."""
    return {"unmergeCells": {"range": where}}


def create_metadata(sheet_id: int, metadata_id: int, key: str, value: str) -> Request:
    """Something known of a tab, under an id that must be free."""
    metadata = {
        "metadataId": metadata_id,
        "metadataKey": key,
        "metadataValue": value,
        "location": {"sheetId": sheet_id},
        "visibility": "DOCUMENT",
    }
    return {"createDeveloperMetadata": {"developerMetadata": metadata}}


def delete_metadata(metadata_id: int) -> Request:
    """Forget it; by its id, so that nothing newer goes with it."""
    lookup = {"metadataId": metadata_id}
    return {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": lookup}}}


def colour(code: str) -> dict[str, dict[str, float]]:
    """`#rrggbb` as the API writes colours."""
    parts = (int(code[n : n + 2], 16) / 255 for n in (1, 3, 5))
    rgb = {name: round(part, 4) for name, part in zip(("red", "green", "blue"), parts, strict=True)}
    return {"rgbColor": rgb}
