"""One refresh at a time, over all processes; readers never wait."""

from __future__ import annotations

import fcntl
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from revops.kit.errors import RevopsError
from revops.store.facts.segment import LOCK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

WAIT_SECONDS = 600.0
_PAUSE_SECONDS = 0.02


@contextmanager
def alone(folder: Path, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the folder's lock; the system lets go of it when the process ends, however it ends.

    Raises:
        RevopsError: Another process holds it for longer than that (`facts-busy`).
    """
    latest = time.monotonic() + wait_seconds
    with (folder / LOCK).open("a") as file:
        while not _locked(file):
            if time.monotonic() > latest:
                raise RevopsError(
                    "facts-busy",
                    f"another process has been refreshing {folder} for {wait_seconds:g} seconds",
                    "let it finish, or end it",
                )
            time.sleep(_PAUSE_SECONDS)
        yield


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
