"""Two replays beside each other: which leads are decided otherwise, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from revops.engine.replay.figures import Qualified

Kind = Literal["more", "fewer", "earlier", "later", "other owner"]
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Flip:
    """A lead that is decided otherwise.

    Attributes:
        contact_id: Which.
        change: `more` if only the proposal qualifies it, `fewer` if only the present definitions
            do; else `earlier`, `later`, or with the `other owner`.
        days: By how many days later; negative for earlier; None where one does not qualify it.
        now_at, now_owner, now_because: When, to whom and why now.
        then_at, then_owner, then_because: The same as proposed.
        became: won, lost or open, if a deal really began afterwards.
        amount: Of the deals that were won.
        is_accepted: Whether people really took it further.
    """

    contact_id: str
    change: Kind
    days: float | None
    now_at: datetime | None
    then_at: datetime | None
    now_owner: str | None
    then_owner: str | None
    became: str
    amount: float
    is_accepted: bool
    now_because: str
    then_because: str


def flips(now: Mapping[str, Qualified], then: Mapping[str, Qualified]) -> list[Flip]:
    """The leads that are decided otherwise, by kind and id."""
    found = [
        flip for id_ in sorted({*now, *then}) for flip in _flip(id_, now.get(id_), then.get(id_))
    ]
    kinds: tuple[Kind, ...] = ("more", "fewer", "earlier", "later", "other owner")
    return sorted(found, key=lambda each: (kinds.index(each.change), each.contact_id))


def _flip(id_: str, now: Qualified | None, then: Qualified | None) -> Iterator[Flip]:
    kind, days = _kind(now, then)
    lead = min((each for each in (now, then) if each), key=lambda each: each.at)
    if kind is not None:
        yield Flip(
            contact_id=id_,
            change=kind,
            days=days,
            now_at=now.at if now else None,
            then_at=then.at if then else None,
            now_owner=now.owner if now else None,
            then_owner=then.owner if then else None,
            became=lead.became,
            amount=lead.amount,
            is_accepted=lead.is_accepted,
            now_because=now.because if now else "",
            then_because=then.because if then else "",
        )


def _kind(now: Qualified | None, then: Qualified | None) -> tuple[Kind | None, float | None]:
    if now is None or then is None:
        return ("more" if now is None else "fewer"), None
    days = round((then.at - now.at) / _DAY, 4)
    if then.at != now.at:
        return ("earlier" if then.at < now.at else "later"), days
    return ("other owner" if then.owner != now.owner else None), days
