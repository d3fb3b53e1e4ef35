"""Keeps two copies of the SQLite library in one process from opening the same file at once.

Python's `sqlite3` and the ADBC driver each bring their own SQLite. A file's locks belong to the
process, not to the library: each copy would take the other's lock for its own, write at the same
time, and delete a write-ahead log that the other still uses. So within a process a file is open
through one of them at a time, by as many connections and threads as like.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Literal
from weakref import WeakValueDictionary

from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from pathlib import Path

Library = Literal["rows", "arrow"]

_turns: WeakValueDictionary[Path, Turns] = WeakValueDictionary()
_turns_lock = threading.Lock()


class Turns:
    """Whose turn it is with one file: the row library's or the Arrow library's."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._library: Library | None = None
        self._users = 0

    def enter(self, library: Library, wait_seconds: float) -> None:
        """Wait until the other library has left, then count one more user of this one.

        Raises:
            RevopsError: The other library did not leave in time (`store-busy`).
        """
        with self._changed:
            if not self._changed.wait_for(
                lambda: self._library in {None, library}, timeout=wait_seconds
            ):
                raise RevopsError(
                    "store-busy",
                    f"the store is still in use by this process after {wait_seconds:g} seconds",
                    "let the running import or reading finish, then try again",
                )
            self._library = library
            self._users += 1

    def leave(self) -> None:
        """Count one user less."""
        with self._changed:
            self._users -= 1
            if not self._users:
                self._library = None
                self._changed.notify_all()


def turns_of(file: Path) -> Turns:
    """The turns of this file, the same for everyone in the process."""
    with _turns_lock:
        turns = _turns.get(file) or Turns()
        _turns[file] = turns
        return turns
