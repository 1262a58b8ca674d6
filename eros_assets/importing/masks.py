"""Masks over Arrow columns."""

# pyarrow comes without types, and makes its compute functions when it is imported.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def where(keep: NDArray[np.bool_], values: pa.Array) -> pa.Array:
    """The values, NULL where not kept."""
    return pc.if_else(pa.array(keep), values, pa.scalar(None, values.type))


def true(mask: pa.Array) -> NDArray[np.bool_]:
    """The mask with NULL as False."""
    return pc.fill_null(mask, fill_value=False).to_numpy(zero_copy_only=False)


def present(values: pa.Array) -> NDArray[np.bool_]:
    """Where there is a value."""
    return values.is_valid().to_numpy(zero_copy_only=False)


def changed(text: pa.Array, rows: NDArray[np.bool_], change: Callable[[str], str]) -> pa.Array:
    """The texts with these rows changed; each distinct value is changed once."""
    if not rows.any():
        return text
    distinct = text.filter(pa.array(rows)).dictionary_encode()
    new = pa.array([change(value) for value in distinct.dictionary.to_pylist()], pa.string())
    return pc.replace_with_mask(text, pa.array(rows), new.take(distinct.indices))
