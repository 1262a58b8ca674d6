"""An agency's own history, read from files."""

from eros_assets.importing.inputs import ImportedInputs, read_inputs
from eros_assets.importing.mistakes import InputFileError, Mistake
from eros_assets.importing.schema import SCHEMAS, Column, TableName, TableSchema

__all__ = [
    "SCHEMAS",
    "Column",
    "ImportedInputs",
    "InputFileError",
    "Mistake",
    "TableName",
    "TableSchema",
    "read_inputs",
]
