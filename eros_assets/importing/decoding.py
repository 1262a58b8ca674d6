"""Turns the bytes of a text file into UTF-8.

UTF-8, with or without a byte order mark, is taken as it is. UTF-16 is recognised by its byte order
mark or its zero bytes, UTF-32 by its mark. Files of other kinds are named as what they are.
Anything else is Windows-1252 when it reads like a Western European language in it; otherwise the
mapping must name the encoding. UTF-8 with some broken bytes stays as it is: the values that hold
them are reported with their places.
"""

import codecs
import re

from eros_assets.importing.mistakes import shown

HEAD = 4096
SAMPLE = 1 << 20
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as UTF-16 does
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
NO_TEXT = (
    (b"PK\x03\x04", "a workbook or another ZIP archive: name a workbook .xlsx"),
    (b"PAR1", "a Parquet file: name it .parquet"),
    (b"\x1f\x8b", "compressed: name it .csv.gz"),
    (b"\xd0\xcf\x11\xe0", "a workbook of an old kind: save it as .xlsx"),
    (b"%PDF", "a PDF: export a table instead"),
)
"""How files of other kinds begin, and what to do with one."""

FOREIGN = re.compile(r"[A-Za-zÀ-ÿ][¡-¿×÷][A-Za-zÀ-ÿ]|[À-ÖØ-öø-ÿ]{3}")
"""What text in another single-byte encoding looks like when it is read as Windows-1252."""


class UnknownEncodingError(ValueError):
    """Bytes whose encoding can't be told; says what the mapping has to name."""


def to_utf8(content: bytes, encoding: str | None = None) -> tuple[bytes, str]:
    """The text as UTF-8 without a byte order mark, and the encoding that it was in.

    Raises:
        UnknownEncodingError: none fits, or not the one that the mapping names.
    """
    for begins, kind in NO_TEXT:
        if content.startswith(begins):
            raise UnknownEncodingError(f"is no text but {kind}")
    if encoding is not None:
        return _decoded(content, encoding).removeprefix("\ufeff").encode(), encoding
    for mark, name in BOMS:
        if content.startswith(mark):
            rest = content[len(mark) :]
            return (rest, name) if name == "utf-8" else (_decoded(rest, name).encode(), name)
    if name := _utf16_without_mark(content[:HEAD]):
        return _decoded(content, name).encode(), name
    try:
        content.decode()
    except UnicodeDecodeError:
        pass
    else:
        return content, "utf-8"
    lenient = content.decode(errors="replace")
    if any(ord(c) > 127 and c != "\ufffd" for c in set(lenient)):
        return content, "utf-8"  # broken in places
    return _western(content).encode(), "windows-1252"


def _utf16_without_mark(head: bytes) -> str | None:
    """UTF-16 of mostly Latin text has a zero byte in every other place."""
    half = len(head) // 2
    if half < 2 or head.count(0) < half // 2:
        return None
    return "utf-16-be" if head[::2].count(0) > head[1::2].count(0) else "utf-16-le"


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        broken = content[error.start : error.start + 4].hex(" ")
        raise UnknownEncodingError(
            f"is not {encoding}: byte {error.start:,} begins {broken}; save it as UTF-8, or name "
            'its encoding in eros_import.toml, for example encoding = "windows-1252"'
        ) from None


def _western(content: bytes) -> str:
    try:
        text = content.decode("windows-1252")
    except UnicodeDecodeError:
        text = None
    odd = FOREIGN.search(text[:SAMPLE]) if text is not None else None
    if text is not None and odd is None:
        return text
    from charset_normalizer import from_bytes

    high = [line for line in content[:SAMPLE].splitlines() if any(byte > 127 for byte in line)]
    guesses = from_bytes(
        b"\n".join(high), cp_isolation=["cp1250", "cp1251", "cp1253", "cp1254", "mac_roman"]
    )
    best = guesses.best()
    name = best.encoding if best else "windows-1250"
    example = ""
    if odd is not None and text is not None:
        around = text[max(0, odd.start() - 12) : odd.end() + 12].splitlines()
        example = f" (as Windows-1252 it reads {shown(max(around, key=len))})"
    raise UnknownEncodingError(
        f"is neither UTF-8 nor Windows-1252{example}: save it as UTF-8, or name its encoding in "
        f'eros_import.toml, for example encoding = "{name}"'
    )
