"""Builds single requests of `spreadsheets.batchUpdate`.

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
"""Fill and text colour of a tier's cell: the calendar's colours, paler."""
DECISIONS = {"approve": ("#cfe8cf", INK), "reject": ("#f3c1b4", INK)}

NUMBER_FORMATS: Mapping[CellKind, Mapping[str, str]] = {
    "id": {"type": "TEXT"},
    "text": {"type": "TEXT"},
    "long": {"type": "TEXT"},
    "whole": {"type": "NUMBER", "pattern": "#,##0"},
    "score": {"type": "NUMBER", "pattern": "0.000"},
    "money": {"type": "CURRENCY", "pattern": '"$"#,##0.00'},
    "date": {"type": "DATE", "pattern": "ddd yyyy-mm-dd"},
    "time": {"type": "TIME", "pattern": "hh:mm"},
}
RIGHT = frozenset({"whole", "score", "money", "date", "time"})


def grid_range(
    sheet_id: int, rows: tuple[int, int | None], columns: tuple[int, int | None]
) -> dict[str, int]:
    """Half-open ranges of rows and columns; None as the end means unbounded."""
    names = ("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex")
    ends = zip(names, (*rows, *columns), strict=True)
    return {"sheetId": sheet_id, **{name: end for name, end in ends if end is not None}}


def add_sheet(sheet_id: int, title: str, index: int, size: tuple[int, int], frozen: int) -> Request:
    """Add a tab of exactly this size."""
    rows, columns = size
    grid = {"rowCount": rows, "columnCount": columns, "frozenRowCount": frozen}
    properties = {"sheetId": sheet_id, "title": title, "index": index, "gridProperties": grid}
    return {"addSheet": {"properties": properties}}


def resize(sheet_id: int, size: tuple[int, int], frozen: int) -> Request:
    """Set the tab to exactly this size; cells beyond it are deleted."""
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
    """Write typed values to a range and clear its other values; formats stay."""
    (row, column), (height, width) = at, size
    return {
        "updateCells": {
            "range": grid_range(sheet_id, (row, row + height), (column, column + width)),
            "rows": [{"values": [_cell(value) for value in values]} for values in rows],
            "fields": "userEnteredValue",
        }
    }


def write_column(sheet_id: int, at: tuple[int, int], values: Sequence[Value]) -> Request:
    """Write typed values downwards from a cell."""
    return write_values(sheet_id, [[value] for value in values], at, (len(values), 1))


def repeat_value(where: Mapping[str, int], value: Value) -> Request:
    """Write one value into every cell of a range."""
    return {"repeatCell": {"range": where, "cell": _cell(value), "fields": "userEnteredValue"}}


def copy_values(source: Mapping[str, int], target: Mapping[str, int]) -> Request:
    """Copy the values of a range, without formats, to another of the same size."""
    return {
        "copyPaste": {
            "source": source,
            "destination": target,
            "pasteType": "PASTE_VALUES",
            "pasteOrientation": "NORMAL",
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
    """Replace the format of a whole range."""
    return {
        "repeatCell": {
            "range": where,
            "cell": {"userEnteredFormat": look},
            "fields": "userEnteredFormat",
        }
    }


def column_look(kind: CellKind) -> Mapping[str, Any]:
    """The format of a kind's cells."""
    look: dict[str, Any] = {
        "verticalAlignment": "TOP",
        "horizontalAlignment": "RIGHT" if kind in RIGHT else "LEFT",
        "wrapStrategy": "WRAP" if kind == "long" else "CLIP",
    }
    if kind in NUMBER_FORMATS:
        look["numberFormat"] = NUMBER_FORMATS[kind]
    return look


def header_look(kind: CellKind = "text") -> Mapping[str, Any]:
    """The format of a header cell."""
    return {
        "backgroundColorStyle": colour(HEADER),
        "horizontalAlignment": "RIGHT" if kind in RIGHT else "LEFT",
        "verticalAlignment": "MIDDLE",
        "wrapStrategy": "CLIP",
        "textFormat": {"bold": True, "foregroundColorStyle": colour(INK)},
        "numberFormat": NUMBER_FORMATS["text"],
    }


def link_cell(sheet_id: int, row: int, column: int, address: str) -> Request:
    """Link a cell's text, without a HYPERLINK formula."""
    look = {**column_look("text"), "textFormat": {"link": {"uri": address}}}
    return format_cells(grid_range(sheet_id, (row, row + 1), (column, column + 1)), look)


def format_table(
    sheet_id: int, columns: Sequence[SheetColumn], rows: tuple[int, int]
) -> list[Request]:
    """Format these rows by column."""
    return [
        format_cells(grid_range(sheet_id, rows, (place, place + 1)), column_look(column.kind))
        for place, column in enumerate(columns)
    ]


def format_header(sheet_id: int, columns: Sequence[SheetColumn], row: int = 0) -> list[Request]:
    """Format the header; the titles of right-aligned columns are right-aligned."""
    return [
        format_cells(
            grid_range(sheet_id, (row, row + 1), (place, place + 1)), header_look(column.kind)
        )
        for place, column in enumerate(columns)
    ]


def column_widths(sheet_id: int, columns: Sequence[SheetColumn]) -> list[Request]:
    """Set the columns' widths in pixels."""
    return [column_width(sheet_id, place, each.width) for place, each in enumerate(columns)]


def column_width(sheet_id: int, place: int, width: int) -> Request:
    """Set a column's width in pixels."""
    where = {
        "sheetId": sheet_id,
        "dimension": "COLUMNS",
        "startIndex": place,
        "endIndex": place + 1,
    }
    return {
        "updateDimensionProperties": {
            "range": where,
            "properties": {"pixelSize": width},
            "fields": "pixelSize",
        }
    }


def add_banding(where: Mapping[str, int]) -> Request:
    """Shade every second row; Google refuses it where there is banding already."""
    rows = {
        "headerColorStyle": colour(HEADER),
        "firstBandColorStyle": colour(PAPER),
        "secondBandColorStyle": colour(BAND),
    }
    return {"addBanding": {"bandedRange": {"range": where, "rowProperties": rows}}}


def delete_banding(banding: int) -> Request:
    """Delete a banding."""
    return {"deleteBanding": {"bandedRangeId": banding}}


def set_filter(where: Mapping[str, int]) -> Request:
    """Set the tab's filter, with all rows shown."""
    return {"setBasicFilter": {"filter": {"range": where}}}


def protect(sheet_id: int, description: str, *free: Mapping[str, int]) -> Request:
    """Warn on edits outside the ranges `free`; edits stay possible."""
    protected: dict[str, Any] = {
        "range": {"sheetId": sheet_id},
        "description": description,
        "warningOnly": True,
    }
    if free:
        protected["unprotectedRanges"] = list(free)
    return {"addProtectedRange": {"protectedRange": protected}}


def write_note(sheet_id: int, at: tuple[int, int], note: str) -> Request:
    """Write the note of a cell, which people see when they point at it."""
    (row, column) = at
    return {
        "updateCells": {
            "range": grid_range(sheet_id, (row, row + 1), (column, column + 1)),
            "rows": [{"values": [{"note": note}]}],
            "fields": "note",
        }
    }


def set_choices(where: Mapping[str, int], choices: Sequence[str]) -> Request:
    """Offer these choices in a dropdown list, and mark other values; they can be typed as well."""
    values = [{"userEnteredValue": choice} for choice in choices]
    rule = {
        "condition": {"type": "ONE_OF_LIST", "values": values},
        "strict": False,
        "showCustomUi": True,
    }
    return {"setDataValidation": {"range": where, "rule": rule}}


def validate(where: Mapping[str, int], condition: str, *values: str) -> Request:
    """Mark values that don't meet a condition of the API; they can be typed all the same."""
    bounds = [{"userEnteredValue": value} for value in values]
    rule = {"condition": {"type": condition, "values": bounds}, "strict": False}
    return {"setDataValidation": {"range": where, "rule": rule}}


def clear_validation(where: Mapping[str, int]) -> Request:
    """Remove the data validation of cells."""
    return {"setDataValidation": {"range": where}}


def colour_texts(where: Mapping[str, int], colours: Mapping[str, tuple[str, str]]) -> list[Request]:
    """Add rules that colour a cell by its text. Rules pile up, so only new tabs get them."""
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
    """Insert rows before row `at`; the rows below move down with their formats."""
    where = {"sheetId": sheet_id, "dimension": "ROWS", "startIndex": at, "endIndex": at + count}
    return {"insertDimension": {"range": where, "inheritFromBefore": False}}


def append_columns(sheet_id: int, count: int) -> Request:
    """Add columns at the right of the tab."""
    return {"appendDimension": {"sheetId": sheet_id, "dimension": "COLUMNS", "length": count}}


def delete_row(sheet_id: int, row: int) -> Request:
    """Delete a row."""
    where = {"sheetId": sheet_id, "dimension": "ROWS", "startIndex": row, "endIndex": row + 1}
    return {"deleteDimension": {"range": where}}


def freeze(sheet_id: int, rows: int) -> Request:
    """Freeze the first rows."""
    return {
        "updateSheetProperties": {
            "properties": {"sheetId": sheet_id, "gridProperties": {"frozenRowCount": rows}},
            "fields": "gridProperties(frozenRowCount)",
        }
    }


def retitle(sheet_id: int, title: str) -> Request:
    """Give a tab another title."""
    return {
        "updateSheetProperties": {
            "properties": {"sheetId": sheet_id, "title": title},
            "fields": "title",
        }
    }


def hide(sheet_id: int) -> Request:
    """Hide a tab; people can show it again."""
    return {
        "updateSheetProperties": {
            "properties": {"sheetId": sheet_id, "hidden": True},
            "fields": "hidden",
        }
    }


def unmerge(where: Mapping[str, int]) -> Request:
    """Unmerge cells: values written to the hidden cells of a merge are lost."""
    return {"unmergeCells": {"range": where}}


def create_metadata(sheet_id: int, metadata_id: int, key: str, value: str) -> Request:
    """Create developer metadata of a tab; Google refuses an id in use."""
    metadata = {
        "metadataId": metadata_id,
        "metadataKey": key,
        "metadataValue": value,
        "location": {"sheetId": sheet_id},
        "visibility": "DOCUMENT",
    }
    return {"createDeveloperMetadata": {"developerMetadata": metadata}}


def delete_metadata(metadata_id: int) -> Request:
    """Delete one piece of metadata by its id."""
    lookup = {"metadataId": metadata_id}
    return {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": lookup}}}


def colour(code: str) -> dict[str, dict[str, float]]:
    """The API's colour of `#rrggbb`."""
    parts = (int(code[n : n + 2], 16) / 255 for n in (1, 3, 5))
    rgb = {name: round(part, 4) for name, part in zip(("red", "green", "blue"), parts, strict=True)}
    return {"rgbColor": rgb}
