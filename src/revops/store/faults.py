"""What a database reports, told so that a person knows what to do."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa
from adbc_driver_manager import Error as ArrowError

from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from collections.abc import Iterator

_KNOWN = (
    (
        r"database is locked|lock timeout|database table is locked",
        "store-busy",
        "another process is writing to the store at {url}",
        "wait until it has finished, then try again: nothing was changed",
    ),
    (
        r"no password supplied|password authentication failed",
        "store-password",
        "the server of the store at {url} wants another password",
        "set PGPASSWORD, or put the password into ~/.pgpass; never into revops.yaml",
    ),
    (
        r'database "[^"]*" does not exist',
        "store-missing",
        "the server has no database for the store at {url}",
        "create it with createdb",
    ),
    (
        r"role \"[^\"]*\" does not exist",
        "store-user",
        "the server does not know the user of the store at {url}",
        "mend the user in the store's URL, or set PGUSER",
    ),
    (
        r"not a database|disk image is malformed|file is encrypted",
        "store-damaged",
        "the file at {url} is not a sound SQLite database",
        "point 'store' in revops.yaml at another file, or restore a backup",
    ),
    (
        r"readonly database|read-only",
        "store-read-only",
        "the store at {url} cannot be written to",
        "check the permissions of the file and of its folder",
    ),
    (
        r"unable to open database file",
        "store-unreachable",
        "the file at {url} cannot be opened",
        "check that its folder exists and may be written to",
    ),
    (
        r"database or disk is full|No space left",
        "store-full",
        "there is no room left for the store at {url}",
        "make room, then try again: nothing was changed",
    ),
    (
        r"invalid byte sequence|\\u0000|NUL",
        "store-text",
        "a text holds a character that the store at {url} cannot keep",
        "take the NUL characters out of the file: nothing was changed",
    ),
    (
        r"connection failed|could not (connect|translate)|refused|timeout expired|server closed",
        "store-unreachable",
        "the server of the store at {url} does not answer",
        "check that PostgreSQL runs and that host and port are right",
    ),
)


@contextmanager
def told(url: str) -> Iterator[None]:
    """Turn a database's complaint into a RevopsError; what is not known passes as it is."""
    try:
        yield
    except (sa.exc.DBAPIError, ArrowError) as error:
        text = str(error.orig if isinstance(error, sa.exc.DBAPIError) else error)
        for pattern, code, message, mend in _KNOWN:
            if re.search(pattern, text, re.IGNORECASE):
                raise RevopsError(code, message.format(url=url), mend) from error
        raise
