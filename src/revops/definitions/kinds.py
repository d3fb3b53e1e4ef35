"""The kinds of definition: each is one model, read from one file or one folder of files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from revops.definitions.alignment import Alignment
from revops.definitions.automations import Automations
from revops.definitions.calendars import Calendar, Calendars
from revops.definitions.lifecycle import Lifecycle
from revops.definitions.lists import Lists
from revops.definitions.people import People
from revops.definitions.places import fields_named
from revops.definitions.rollout import Rollout
from revops.definitions.routing import Routing
from revops.definitions.scope import CustomFields, Vocabulary
from revops.definitions.scoring import Scoring
from revops.definitions.slas import ServiceLevels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from revops.definitions.workspace import Settings

_VERSION_DIGITS = 12
_DECIDES_NOTHING = {"company", "lead_link", "store"}


@dataclass(frozen=True)
class Kind:
    """One kind of definition.

    Attributes:
        stem: Of the file `definitions/STEM.yaml`, or the name of the folder `definitions/STEM`.
        model: What the file must be.
    """

    stem: str
    model: type[BaseModel]


KINDS = (
    Kind("lifecycle", Lifecycle),
    Kind("scoring", Scoring),
    Kind("lists", Lists),
    Kind("calendars", Calendars),
    Kind("people", People),
    Kind("routing", Routing),
    Kind("slas", ServiceLevels),
    Kind("automations", Automations),
    Kind("alignment", Alignment),
    Kind("rollout", Rollout),
)
NOT_YET_USED = (
    "pipeline",
    "dealdesk",
    "hygiene",
    "attribution",
    "metrics",
    "targets",
    "compensation",
    "territories",
)
"""Kinds that have their name, and that this version leaves alone."""


@dataclass(frozen=True, kw_only=True)
class Definitions:
    """One definition of each kind, and the settings; what is missing is empty.

    Attributes:
        custom_fields: Type of each further field, by kind of record (plural) and name.
    """

    settings: Settings
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    scoring: Scoring = field(default_factory=Scoring)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    people: People = field(default_factory=People)
    routing: Routing = field(default_factory=Routing)
    slas: ServiceLevels = field(default_factory=ServiceLevels)
    automations: Automations = field(default_factory=Automations)
    alignment: Alignment = field(default_factory=Alignment)
    rollout: Rollout = field(default_factory=Rollout)
    custom_fields: CustomFields = field(default_factory=dict)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """What conditions may name."""
        return Vocabulary(self.lists, self.custom_fields, ZoneInfo(self.settings.time_zone))

    @cached_property
    def fields_told(self) -> frozenset[str]:
        """Fields of contacts and accounts that any action tells of or sets."""
        return frozenset(
            name
            for part in (self.lifecycle, self.slas, self.automations)
            for name in fields_named(part)
        )

    def plain(self, *, exclude_defaults: bool = False) -> dict[str, Any]:
        """All that decides anything, as JSON values, by kind; `revops` holds the settings."""
        dumped = {
            "revops": self.settings,
            "lifecycle": self.lifecycle,
            "scoring": self.scoring,
            "lists": Lists(dict(self.lists)),
            "calendars": Calendars(dict(self.calendars)),
            "people": self.people,
            "routing": self.routing,
            "slas": self.slas,
            "automations": self.automations,
            "alignment": self.alignment,
            "rollout": self.rollout,
        }
        return {
            stem: model.model_dump(
                mode="json",
                by_alias=True,
                exclude_defaults=exclude_defaults,
                exclude=_DECIDES_NOTHING if stem == "revops" else None,
            )
            for stem, model in dumped.items()
        }

    @cached_property
    def version(self) -> str:
        """Twelve hexadecimal digits that change when anything changes that decides.

        Comments, layout, the order of keys, and defaults that are written out change nothing.
        """
        plain = self.plain(exclude_defaults=True)
        text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:_VERSION_DIGITS]
