"""A model on disk: the rows it was learned from and how, from which it is fitted again.

Nothing on disk is executed or unpickled: a model is a JSON file and a Parquet file, and what is
read from them is checked. The same rows and seed give the same model.
"""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from revops.kit.errors import RevopsError
from revops.leads.prediction.fitting import Method, Model, Scale, fit_again
from revops.leads.subject import Subject

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

FOLDER = Path("models")
FORMAT = 1
_WON = "is_won"


class Kept(BaseModel):
    """What is kept of a model besides its rows.

    Attributes:
        format: The version of this form.
        subject: What is predicted for.
        method: How it is fitted.
        seed: What chose the folds.
        slope: The scale of its log-odds.
        shift: The shift of its log-odds.
        before_hours: How long before the first deal a lead was looked at.
        field: The field of contacts that said what became of them, or None.
        trained_at: When.
        rows: The SHA-256 of the file of rows.
        doubt: What later training found against it; '' if nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    subject: Subject
    method: Method
    seed: int
    slope: float
    shift: float
    before_hours: float
    field: str | None
    trained_at: str
    rows: str
    doubt: str = ""


def keep_model(
    folder: Path, subject: Subject, rows: pa.Table, won: NDArray[np.bool_], kept: Kept
) -> Path:
    """Write a model below a workspace; return its JSON file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    data = place / f"{subject}.parquet"
    pq.write_table(rows.append_column(_WON, pa.array(won)), data, compression="zstd")
    told = kept.model_copy(update={"rows": _hash(data)})
    return _write(folder, told)


def _write(folder: Path, kept: Kept) -> Path:
    path = folder / FOLDER / f"{kept.subject}.json"
    path.write_text(json.dumps(kept.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8")
    return path


def doubt_model(folder: Path, subject: Subject, why: str, at: datetime) -> bool:
    """Note that later outcomes do not bear out the kept model; whether there is an older one."""
    try:
        kept, _ = load_rows(folder, subject)
    except RevopsError:  # none, or none that could be used
        return False
    if at < datetime.fromisoformat(kept.trained_at):
        return False
    _write(folder, kept.model_copy(update={"doubt": why}))
    return True


def load_model(folder: Path, subject: Subject, *, anyway: bool = False) -> tuple[Model, Kept]:
    """Fit a kept model again.

    Args:
        folder: The workspace's.
        subject: What it predicts for.
        anyway: Whether to use it although later training found it no better than chance.

    Raises:
        RevopsError: There is none, its files do not belong together, or it is in doubt.
    """
    kept, rows = load_rows(folder, subject)
    if kept.doubt and not anyway:
        raise RevopsError(
            "model-in-doubt",
            f"the model of {kept.trained_at[:10]} no longer holds: {kept.doubt}",
            f"train again when more deals have closed: revops predict train{_of(subject)}; "
            "--anyway uses the old one",
        )
    won = rows.column(_WON).to_numpy()
    scale = Scale(kept.slope, kept.shift)
    return fit_again(kept.method, rows.drop_columns([_WON]), won, kept.seed, scale), kept


def load_rows(folder: Path, subject: Subject) -> tuple[Kept, pa.Table]:
    """What is kept of a model, and the rows it was learned from.

    Raises:
        RevopsError: There is none, or its files do not belong together.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path, data = (folder / FOLDER / f"{subject}.{suffix}" for suffix in ("json", "parquet"))
    if not path.is_file() or not data.is_file():
        raise RevopsError(
            "no-model",
            f"no model has been trained for {subject}",
            f"revops predict train{_of(subject)}",
        )
    try:
        kept = Kept.model_validate_json(path.read_text(encoding="utf-8"))
        rows = pq.read_table(data)
        is_sound = kept.format == FORMAT and kept.rows == _hash(data) and _WON in rows.column_names
    except (ValidationError, ValueError, pa.ArrowException):
        is_sound = False
    if not is_sound:
        raise RevopsError(
            "bad-model",
            f"{path} and {data.name} are not a model of this version",
            f"train it again: revops predict train{_of(subject)}",
        )
    return kept, rows


def _of(subject: Subject) -> str:
    return "" if subject is Subject.CONTACTS else f" --of {subject}"


def _hash(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
