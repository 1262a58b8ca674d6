"""The methods of the API that EROS uses, over one spreadsheet in memory."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.exporting.sheets_service.tabs import Body, Tab, WrongRequestError, value_of
from tests.google.discovery import Discovery, sheets_v4
from tests.google.exchange import RefusalError, Request, Trouble

SPREADSHEET = "1sHeEt_of-the-agency"
CELL_LIMIT = 10_000_000
STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
BATCH = "sheets.spreadsheets.batchUpdate"
GET = "sheets.spreadsheets.get"
VALUES = "sheets.spreadsheets.values.batchGetByDataFilter"


@dataclass
class Sheets:
    """One spreadsheet. Each callback before or after a batch is called once, in order."""

    tabs: dict[int, Tab] = field(default_factory=lambda: {0: Tab(0, "Sheet1")})
    requests: list[Request] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    troubles: dict[str, list[Trouble]] = field(default_factory=lambda: defaultdict(list))
    before_batch: list[Callable[[], None]] = field(default_factory=list)
    after_batch: list[Callable[[], None]] = field(default_factory=list)
    order: list[int] = field(default_factory=lambda: [0])
    interruptions: dict[int, Callable[[], Any]] = field(default_factory=dict)
    _numbers: int = 0
    _answered: int = 0

    @property
    def discovery(self) -> Discovery:
        return sheets_v4()

    # -- for tests

    def trouble(self, method: str, *troubles: Trouble) -> None:
        """Make the next requests for a method fail."""
        self.troubles[method] += troubles

    def interrupt(self, after: int, edit: Callable[[], Any]) -> None:
        """Have somebody edit before the answer to a request, after so many others."""
        self.interruptions[self._answered + after] = edit

    def tab(self, title: str) -> Tab:
        """The tab of this title."""
        (found,) = [tab for tab in self.tabs.values() if tab.title == title]
        return found

    @property
    def titles(self) -> list[str]:
        """The tabs from left to right."""
        return [self.tabs[number].title for number in self.order]

    @property
    def reads(self) -> int:
        return sum(request.method != BATCH for request in self.requests)

    @property
    def writes(self) -> int:
        return sum(request.method == BATCH for request in self.requests)

    def contents(self) -> dict[str, list[list[Any]]]:
        """The values of every tab, by title."""
        return {tab.title: tab.grid() for tab in self.tabs.values()}

    @property
    def allocated(self) -> int:
        """Allocated cells, which count for Google's limit."""
        return sum(tab.rows * tab.columns for tab in self.tabs.values())

    # -- methods

    def error_body(self, refusal: RefusalError) -> Body:
        status = STATUSES.get(refusal.status, "UNKNOWN")
        return {"error": {"code": refusal.status, "message": refusal.message, "status": status}}

    def answer(self, request: Request) -> Body:
        self.interruptions.pop(self._answered, lambda: None)()
        self._answered += 1
        if request.path.get("spreadsheetId") != SPREADSHEET:
            raise RefusalError(404, "notFound", "Requested entity was not found.")
        match request.method:
            case "sheets.spreadsheets.get":
                return self._get(request)
            case "sheets.spreadsheets.batchUpdate":
                return self._batch(request)
            case "sheets.spreadsheets.values.batchGetByDataFilter":
                return self._values(request)
            case _:
                raise RefusalError(501, "notImplemented", f"{request.method} is not played here")

    def _get(self, request: Request) -> Body:
        mask = request.query.get("fields")
        if mask is None:
            self.violations.append("a spreadsheet is read without a mask: every cell may come")
            return {}
        whole = {
            "spreadsheetId": SPREADSHEET,
            "sheets": [self._shown(self.tabs[number], n) for n, number in enumerate(self.order)],
        }
        return _masked(whole, _mask(mask))

    def _shown(self, tab: Tab, index: int) -> Body:
        shown: Body = {
            "properties": {
                "sheetId": tab.sheet_id,
                "title": tab.title,
                "index": index,
                "hidden": tab.hidden,
                "sheetType": "GRID",
                "gridProperties": {
                    "rowCount": tab.rows,
                    "columnCount": tab.columns,
                    "frozenRowCount": tab.frozen,
                },
            },
            "data": [{"rowData": [], "columnMetadata": tab.column_metadata()}],
            "bandedRanges": list(tab.bandings.values()),
            "protectedRanges": tab.protections,
            "merges": tab.merges,
            "developerMetadata": [
                m for m in tab.metadata.values() if "dimensionRange" not in m["location"]
            ],
        }
        return {key: value for key, value in shown.items() if value}

    def _values(self, request: Request) -> Body:
        ranges: list[Body] = []
        dimension = request.body["majorDimension"]
        for asked in request.body["dataFilters"]:
            where = asked["gridRange"]
            tab = self._tab(where["sheetId"], 400)
            if not tab.rows:
                raise RefusalError(400, "badRequest", "A sheet that is not a grid has no cells.")
            first, end = where.get("startColumnIndex", 0), where.get("endColumnIndex", tab.columns)
            if end > tab.columns:
                raise RefusalError(400, "badRequest", "Range exceeds grid limits.")
            rows = [
                [value_of(tab.cells.get((r, c), {})) for c in range(first, end)]
                for r in range(tab.rows)
            ]
            if dimension == "COLUMNS":
                rows = [list(column) for column in zip(*rows, strict=True)]
            for row in rows:
                while row and row[-1] in (None, ""):
                    row.pop()
            while rows and not rows[-1]:
                rows.pop()
            values = [["" if value is None else value for value in row] for row in rows]
            value_range: Body = {"range": f"'{tab.title}'!A1", "majorDimension": dimension}
            if values:
                value_range["values"] = values
            ranges.append({"valueRange": value_range, "dataFilters": [asked]})
        return {"spreadsheetId": SPREADSHEET, "valueRanges": ranges}

    def _batch(self, request: Request) -> Body:
        if self.before_batch:
            self.before_batch.pop(0)()
        kept = {number: tab.copied() for number, tab in self.tabs.items()}, list(self.order)
        replies: list[Body] = []
        for number, each in enumerate(request.body["requests"]):
            ((name, content),) = each.items()
            try:
                replies.append(self._apply(name, content))
                if self.allocated > CELL_LIMIT:
                    raise WrongRequestError(
                        "This action would increase the number of cells in the workbook above the "
                        f"limit of {CELL_LIMIT} cells."
                    )
            except WrongRequestError as error:
                self.tabs, self.order = kept
                message = f"Invalid requests[{number}].{name}: {error}"
                raise RefusalError(400, "badRequest", message) from error
        if self.after_batch:
            self.after_batch.pop(0)()
        return {"spreadsheetId": SPREADSHEET, "replies": replies}

    def _apply(self, name: str, content: Body) -> Body:
        self._numbers += 1
        if "formulaValue" in str(content):
            self.violations.append(f"{name} writes a formula")
        where = content.get("range", {})
        edited = content.get("destination", where).get("sheetId", content.get("sheetId"))
        if edited in self.tabs and self.tabs[edited].is_locked:
            raise WrongRequestError(
                "You are trying to edit a protected cell or object. Please contact the spreadsheet "
                "owner to remove protection if you need to edit."
            )
        match name:
            case "addSheet":
                return {"addSheet": {"properties": self._add(content["properties"])}}
            case "updateSheetProperties":
                self._set_properties(content["properties"], content["fields"])
            case "updateCells":
                self._tab(where["sheetId"]).update(content)
            case "repeatCell":
                self._tab(where["sheetId"]).repeat(content)
            case "updateDimensionProperties":
                assert where["dimension"] == "COLUMNS"
                for column in range(where["startIndex"], where["endIndex"]):
                    width = content["properties"]["pixelSize"]
                    self._tab(where["sheetId"]).widths[column] = width
            case "insertDimension":
                self._tab(where["sheetId"]).insert(content)
            case "deleteDimension":
                self._tab(where["sheetId"]).delete(where["dimension"], where["startIndex"])
            case "appendDimension":
                assert content["dimension"] == "COLUMNS"
                self._tab(content["sheetId"]).columns += content["length"]
            case "copyPaste":
                assert content["pasteType"] == "PASTE_VALUES"
                source, target = content["source"], content["destination"]
                self._tab(target["sheetId"]).paste(self._tab(source["sheetId"]), source, target)
            case "addBanding":
                banded = content["bandedRange"]
                self._tab(banded["range"]["sheetId"]).add_banding(banded, self._numbers)
            case "deleteBanding":
                owners = [t for t in self.tabs.values() if content["bandedRangeId"] in t.bandings]
                if not owners:
                    raise WrongRequestError(f"No banded range with id {content['bandedRangeId']}")
                del owners[0].bandings[content["bandedRangeId"]]
            case "setBasicFilter":
                tab = self._tab(content["filter"]["range"]["sheetId"])
                list(tab.ranged(content["filter"]["range"]))
                tab.filter, tab.filtered = content["filter"], set()
            case "addProtectedRange":
                protected = content["protectedRange"]
                self._tab(protected["range"]["sheetId"]).protections.append(protected)
            case "setDataValidation":
                tab = self._tab(where["sheetId"])
                for place in tab.ranged(where):
                    tab.choices.pop(place, None)
                    if "rule" in content:
                        tab.choices[place] = content["rule"]
            case "addConditionalFormatRule":
                rule = content["rule"]
                tab = self._tab(rule["ranges"][0]["sheetId"])
                tab.rules.insert(content.get("index", 0), rule)
            case "unmergeCells":
                self._tab(where["sheetId"]).merges.clear()
            case "createDeveloperMetadata":
                metadata = content["developerMetadata"]
                taken = {number for tab in self.tabs.values() for number in tab.metadata}
                if metadata["metadataId"] in taken:
                    raise WrongRequestError(f"metadata {metadata['metadataId']} already exists")
                place = metadata["location"].get("dimensionRange")
                owner = place["sheetId"] if place else metadata["location"]["sheetId"]
                self._tab(owner).add_metadata(metadata)
            case "deleteDeveloperMetadata":
                (lookup,) = content["dataFilter"].values()
                for tab in self.tabs.values():
                    tab.delete_metadata(lookup)
            case _:
                raise WrongRequestError(f"{name} is not played here")
        return {}

    def _set_properties(self, properties: Body, fields: str) -> None:
        tab = self._tab(properties["sheetId"])
        if fields.startswith("gridProperties"):
            tab.resize(properties["gridProperties"])
        elif fields == "title":
            self._require_free(properties["title"], tab)
            tab.title = properties["title"]
        else:
            assert fields == "hidden"
            tab.hidden = properties["hidden"]

    def _require_free(self, title: str, own: Tab | None = None) -> None:
        taken = {tab.title.casefold() for tab in self.tabs.values() if tab is not own}
        if title.casefold() in taken:
            raise WrongRequestError(
                f'A sheet with the name "{title}" already exists. Please enter another name.'
            )

    def _add(self, properties: Body) -> Body:
        number, title = properties["sheetId"], properties["title"]
        if number in self.tabs:
            raise WrongRequestError(f"A sheet with id {number} already exists.")
        self._require_free(title)
        index = properties.get("index", len(self.order))
        if index > len(self.order):
            raise WrongRequestError(f"index {index} is beyond the {len(self.order)} tabs")
        self.tabs[number] = Tab(number, title)
        self.tabs[number].resize(properties["gridProperties"])
        self.order.insert(index, number)
        return properties

    def _tab(self, number: int, status: int | None = None) -> Tab:
        if number not in self.tabs:
            if status:
                raise RefusalError(status, "badRequest", f"No grid with id: {number}")
            raise WrongRequestError(f"No grid with id: {number}")
        return self.tabs[number]


def _mask(fields: str) -> Mapping[str, Any]:
    """A mask such as `a(b,c.d)` as nested names; an empty one selects everything."""
    tree: dict[str, Any] = {}
    for path in _innermost(fields).split(","):
        node = tree
        for name in path.split("."):
            node = node.setdefault(name, {})
    return tree


def _innermost(fields: str) -> str:
    """`a(b,c(d))` as `a.b,a.c.d`."""
    while found := re.search(r"([\w.]+)\(([^()]*)\)", fields):
        prefixed = ",".join(f"{found[1]}.{part}" for part in found[2].split(","))
        fields = fields[: found.start()] + prefixed + fields[found.end() :]
    return fields


def _masked(value: Any, tree: Mapping[str, Any]) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_masked(each, tree) for each in value]
    return {name: _masked(value[name], inner) for name, inner in tree.items() if name in value}
