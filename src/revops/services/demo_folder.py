"""The folder of a demonstration: made anew each time, never mistaken for another's."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = ".revops-demo"
"""The file that says that a folder is a demonstration's, so that it may be replaced."""


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """A new folder beside `folder`, which takes its place when all went well.

    Raises:
        RevopsError: `folder` holds something that is not a demonstration.
    """
    if folder.is_symlink() or (folder.exists() and not _may_replace(folder)):
        raise RevopsError(
            "not-a-demo",
            f"{folder} is not empty and not a demonstration",
            "choose another folder; nothing was changed",
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".revops-demo-", dir=folder.parent) as scratch:
            draft = Path(scratch, "demo")
            yield draft
            (draft / MARK).touch()
            _swap(folder, draft, Path(scratch, "earlier"))
    except OSError as error:
        reason = error.strerror or "it cannot be written"
        raise RevopsError("cannot-write", f"{folder}: {reason}", "choose another folder") from None


def _may_replace(folder: Path) -> bool:
    return folder.is_dir() and ((folder / MARK).is_file() or not any(folder.iterdir()))


def _swap(folder: Path, draft: Path, earlier: Path) -> None:
    """Put the draft in the folder's place; if that fails, all is as it was."""
    if not folder.exists():
        draft.rename(folder)
        return
    folder.rename(earlier)
    try:
        draft.rename(folder)
    except OSError:
        earlier.rename(folder)
        raise
