"""What every way of delivering has in common: the answers there are, and how secrets are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta

    from revops.store.outbox import Letter

_FEWEST_CHARACTERS = 4  # less is no secret, and would hide what is none
_MOST_CHARACTERS = 300


@dataclass(frozen=True)
class Delivered:
    """The receiver has it."""


@dataclass(frozen=True)
class Refused:
    """The receiver will never take it as it is."""

    reason: str


@dataclass(frozen=True)
class Unavailable:
    """The receiver cannot take it now; `after` is how long it asked to be left alone."""

    reason: str
    after: timedelta | None = None


Answer = Delivered | Refused | Unavailable


class Push(Protocol):
    """A way to one destination; it is called by several threads at once."""

    def deliver(self, letter: Letter, now: datetime) -> Answer:
        """Try once."""

    def close(self) -> None:
        """Let go of its connections."""


def secret_of(environment: Mapping[str, str], name: str) -> str:
    """A secret that a definition names.

    Raises:
        RevopsError: The variable is not set (`no-secret`), or has line breaks (`bad-secret`).
    """
    value = environment.get(name, "").strip()
    if value.isprintable() and value:
        return value
    if value:
        raise RevopsError(
            "bad-secret",
            f"the environment variable {name} has line breaks or other invisible characters",
            "set it to the secret alone",
        )
    raise RevopsError(
        "no-secret",
        f"the environment variable {name} is not set",
        "set it where revops runs; secrets do not belong into definitions",
    )


def secrets_of(url: str) -> tuple[str, ...]:
    """What must not be told of a URL that is a secret: it, its path and its last segment."""
    path = url.partition("://")[2].partition("/")[2]
    parts = (url, path, path.rpartition("/")[2])
    return tuple(part for part in parts if len(part) >= _FEWEST_CHARACTERS)


def told(text: str, secrets: Iterable[str]) -> str:
    """What a person may read of a fault: one line, not long, without secrets."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 1]}…"
