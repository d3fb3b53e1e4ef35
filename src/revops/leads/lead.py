"""A lead as the decisions see it: a contact at one instant, with its scores and what holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Lead:
    """A contact at an instant.

    Attributes:
        contact_id: Whose it is.
        fields: The values of the fields that conditions name (`title`, `account.employees`), and
            always `owner`, `account_id`, `lifecycle_stage`, `email_domain`, `account.owner`.
        fit: Its subtotal, None where no model applies; so `engagement` and `total`.
        engagement: See `fit`.
        total: See `fit`.
        band: The name of its band.
        qualified: Whether a threshold of MQL holds and nothing suppresses it.
        reached: The names of the thresholds that hold.
        holds: Of all conditions asked, by the place where they are defined (such as
            `routing.rules[2].when`), those that hold; unknown counts as not.
    """

    contact_id: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    fit: float | None = None
    engagement: float | None = None
    total: float | None = None
    band: str | None = None
    qualified: bool = False
    reached: frozenset[str] = frozenset()
    holds: frozenset[str] = frozenset()
