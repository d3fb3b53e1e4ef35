"""Simulates a company with DuckDB, set by set, and writes its canonical files.

The steps are the SQL files beside this module. Chance is a hash of the seed and of what is drawn,
so that the same arguments always give the same bytes.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING, Any

import duckdb

from revops.kit.errors import RevopsError
from revops.simulator import files, vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_STEPS = (
    "macros",
    "accounts",
    "contacts",
    "deals",
    "lifecycle",
    "milestones",
    "volume",
    "out_staff",
    "out_accounts",
    "out_contacts",
    "out_deals",
    "out_history",
    "out_truth",
)
_LIMITS = {
    "contacts": (10, 20_000_000),
    "activities": (0, 1_000_000_000),
    "months": (1, 120),
}
_CONTACTS_PER_ACCOUNT = 5
_DEALS_PER_CONTACT = 0.075
_CONTACTS_PER_SELLER = {"sdrs": 2_500, "aes": 1_400, "csms": 5_000}
_MANAGERS = 4
_FIRST_PART = 0.3
"""Share of the work that is done when only the activities are left."""


@dataclass(frozen=True)
class SimulatedCompany:
    """What was written.

    Attributes:
        folder: Where the canonical files are; `truth/` in it holds what no company knows.
        until: The end of the simulated time, UTC; nothing is later.
        rows: Rows written, by name of file.
    """

    folder: Path
    until: datetime
    rows: Mapping[str, int]


def simulate(
    con: duckdb.DuckDBPyConnection | None,
    folder: Path,
    *,
    contacts: int = 20_000,
    activities: int = 600_000,
    seed: int = 7,
    until: datetime,
    months: int = 12,
    format: files.Format = "parquet",  # noqa: A002 - the word that commands use
    on_progress: Callable[[float], None] | None = None,
) -> SimulatedCompany:
    """Write a company's canonical files into a folder that is empty or new.

    Args:
        con: Connection to make temporary tables in, or None for one that keeps memory small.
        folder: Where the files go.
        contacts: Number of contacts; there is one account to five of them.
        activities: Number of activities, met within 1 % unless that is too few for the sales.
        seed: The same seed and other arguments give the same bytes.
        until: End of the simulated time, with its zone.
        months: Length of the simulated time.
        format: `parquet` or `csv`. More activities than fit into one file become a folder of
            files, sorted by contact and time from the first to the last.
        on_progress: Called with the fraction done.

    Raises:
        RevopsError: A number is out of its limits, `until` has no zone or the folder is not empty.
    """
    _check({"contacts": contacts, "activities": activities, "months": months}, until, folder)
    tell = on_progress or (lambda _fraction: None)
    folder.mkdir(parents=True, exist_ok=True)
    end = until.astimezone(UTC).replace(microsecond=0)
    with _connection(con) as own:
        _set_up(own, contacts, activities, seed, end, months)
        for done, step in enumerate(_STEPS):
            own.execute(_sql(step))
            tell(_FIRST_PART * done / len(_STEPS))
        rows = files.write_records(own, folder, format)
        rows["activities"] = files.write_activities(
            own,
            _sql("activities"),
            folder,
            format,
            contacts=contacts,
            activities=activities,
            on_progress=lambda fraction: tell(_FIRST_PART + (1 - _FIRST_PART) * fraction),
        )
    return SimulatedCompany(folder, end, rows)


def _check(sizes: Mapping[str, int], until: datetime, folder: Path) -> None:
    for name, number in sizes.items():
        least, most = _LIMITS[name]
        if not least <= number <= most:
            mend = f"choose from {least:,} to {most:,}"
            raise RevopsError("bad-size", f"{number:,} {name} cannot be simulated", mend)
    if until.tzinfo is None:
        raise RevopsError("no-zone", "the end of the simulated time has no zone", "give one")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RevopsError("folder-not-empty", f"{folder} is not an empty folder", "choose another")


@contextmanager
def _connection(con: duckdb.DuckDBPyConnection | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """The connection given, or one that spills to disk rather than take much memory."""
    if con is not None:
        yield con
        return
    with tempfile.TemporaryDirectory(prefix="revops-simulate-") as spill:
        config: dict[str, Any] = {"memory_limit": "2500MB", "temp_directory": spill}
        with duckdb.connect(config=config) as own:
            yield own


def _set_up(
    con: duckdb.DuckDBPyConnection,
    contacts: int,
    activities: int,
    seed: int,
    until: datetime,
    months: int,
) -> None:
    """Give the SQL its numbers and words, as variables."""
    sellers = {name: max(2, contacts // each) for name, each in _CONTACTS_PER_SELLER.items()}
    first_sdr = _MANAGERS + 1
    first_ae = first_sdr + sellers["sdrs"]
    numbers = {
        "seed": str(seed),
        "contacts": contacts,
        "accounts": max(2, contacts // _CONTACTS_PER_ACCOUNT),
        "activities": activities,
        "deals": round(contacts * _DEALS_PER_CONTACT),
        "width": max(6, len(str(contacts))),
        "until": until.replace(tzinfo=None),
        "first_sdr": first_sdr,
        "first_ae": first_ae,
        "first_csm": first_ae + sellers["aes"],
        **sellers,
    }
    for name, value in {**numbers, **vocabulary.variables()}.items():
        con.execute(f"SET VARIABLE {name} = ?", [value])
    con.execute("SET VARIABLE start = getvariable('until') - to_months(?)", [months])
    con.execute("SET VARIABLE days = date_diff('day', getvariable('start'), getvariable('until'))")


def _sql(step: str) -> str:
    return resources.files(__package__).joinpath("sql", f"{step}.sql").read_text("utf-8")
