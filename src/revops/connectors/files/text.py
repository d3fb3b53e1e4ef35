"""What a text file is: its encoding, delimiter, quote and header; or why it is not one."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from pathlib import Path

FILE_BYTES = 20_000_000_000
"""Size of one file."""
COLUMNS = 2_000
"""Columns of one file."""
CELL_CHARACTERS = 1_000_000
"""Length of one cell, and bytes of one row on the quick way."""
_HEADER_CHARACTERS = 500
_SAMPLE_BYTES = 262_144

_SIGNATURES = (
    (b"PK\x03\x04", "an Excel workbook or a ZIP file", "name it .xlsx, or unpack it"),
    (b"%PDF", "a PDF", "export the records as CSV"),
    (b"\x89PNG", "a picture", "export the records as CSV"),
    (b"\xff\xd8\xff", "a picture", "export the records as CSV"),
    (b"GIF8", "a picture", "export the records as CSV"),
    (b"\x1f\x8b", "a compressed file", "unpack it first"),
    (b"SQLite format 3", "a database", "export its tables as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "name it .xls"),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class TextFormat:
    """How to read a text file.

    Attributes:
        encoding: As Python calls it.
        delimiter: One of `,`, `;`, tab and `|`.
        quote: `"` or `'`.
        header: The names of the columns, as they stand.
        skipped: Lines before the header.
        line_end: What ends the header's line, and so the others.
    """

    encoding: str
    delimiter: str
    quote: str
    header: tuple[str, ...]
    skipped: int = 0
    line_end: str = "\n"


def refuse(path: Path, code: str, message: str, mend: str, line: int = 0) -> RevopsError:
    """The error that says why a file is refused as a whole."""
    return RevopsError(code, f"the file {message}", mend, file=str(path), line=line)


def sniff(path: Path) -> TextFormat:
    """Find out how a text file is written.

    Raises:
        RevopsError: It is empty, too large, not text, or its header cannot be used.
    """
    with path.open("rb") as file:
        sample = file.read(_SAMPLE_BYTES)
    whole = path.stat().st_size <= len(sample)
    encoding = _encoding(path, sample)
    text = codecs.getincrementaldecoder(encoding)().decode(sample, final=whole)
    lines = list(io.StringIO(text, newline=""))
    if not whole and len(lines) > 1:
        lines.pop()
    skipped, stated = 0, ""
    if lines and lines[0].lower().startswith("sep=") and len(lines[0].strip()) == len("sep=;"):
        skipped, stated = 1, lines[0].strip()[-1]
    while skipped < len(lines) and not lines[skipped].strip():
        skipped += 1
    body = lines[skipped:]
    if not body:
        raise refuse(path, "empty-file", "is empty", "export it again")
    quote = _quote(body[0])
    delimiter = stated or _delimiter(body, quote)
    header = next(csv.reader(body, delimiter=delimiter, quotechar=quote))
    line_end = next((end for end in ("\r\n", "\r") if body[0].endswith(end)), "\n")
    return TextFormat(encoding, delimiter, quote, checked_header(path, header), skipped, line_end)


def _encoding(path: Path, sample: bytes) -> str:
    if not sample.strip():
        raise refuse(path, "empty-file", "is empty", "export it again")
    for signature, what, mend in _SIGNATURES:
        if sample.startswith(signature):
            raise refuse(path, "binary-file", f"is {what}, not text", mend)
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding
    if b"\0" in sample:
        return _wide(path, sample)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        controls = sum(byte < 0x20 and byte not in b"\t\r\n\f" for byte in sample)  # noqa: PLR2004 - the first printable
        if controls > len(sample) / 100:
            raise _not_text(path) from None
        return "cp1252"
    return "utf-8"


def _wide(path: Path, sample: bytes) -> str:
    """UTF-16 without a mark: Latin text has its zeros on one side."""
    half = len(sample) / 2
    if sample[1::2].count(0) > half * 0.4 > sample[0::2].count(0) * 4:
        return "utf-16-le"
    if sample[0::2].count(0) > half * 0.4 > sample[1::2].count(0) * 4:
        return "utf-16-be"
    raise _not_text(path)


def _not_text(path: Path) -> RevopsError:
    is_parquet = path.suffix.lower() == ".parquet"
    what = "is not Parquet, as its name says, nor text" if is_parquet else "is not text"
    return refuse(path, "binary-file", what, "export the records as CSV in UTF-8")


def _quote(header: str) -> str:
    return "'" if header.startswith("'") and header.rstrip().endswith("'") else '"'


def _delimiter(lines: list[str], quote: str) -> str:
    """The delimiter that gives most columns in most rows."""

    def worth(delimiter: str) -> float:
        widths = [len(row) for row in csv.reader(lines[:50], delimiter=delimiter, quotechar=quote)]
        return (widths[0] - 1) * (1 + widths.count(widths[0]) / len(widths))

    best = max(",;\t|", key=worth)
    return best if worth(best) > 0 else ","


def checked_header(path: Path, header: list[str]) -> tuple[str, ...]:
    """The header without a mark and blanks around its names; names are there once each.

    Columns without a name are kept as ''.

    Raises:
        RevopsError: There are too many columns, or two of one name.
    """
    names = tuple(name.strip().removeprefix("\ufeff") for name in header)
    if len(names) > COLUMNS:
        raise refuse(
            path,
            "too-many-columns",
            f"has {len(names):,} columns; the most is {COLUMNS:,}",
            "export fewer columns",
            1,
        )
    for number, name in enumerate(names, 1):
        if len(name) > _HEADER_CHARACTERS:
            raise refuse(
                path,
                "wrong-header",
                f"has a name of {len(name):,} characters over column {number}",
                "check that the first row holds the names of the columns",
                1,
            )
    if not any(names):
        raise refuse(
            path, "wrong-header", "has no names of columns", "put them in the first row", 1
        )
    twice = [name for name, count in Counter(names).items() if name and count > 1]
    if twice:
        places = [str(number) for number, name in enumerate(names, 1) if name == twice[0]]
        raise refuse(
            path,
            "duplicate-header",
            f"has two columns called '{twice[0]}' (columns {', '.join(places)})",
            "rename or remove one of them",
            1,
        )
    return names
