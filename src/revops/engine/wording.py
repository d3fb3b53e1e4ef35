"""What the engine's texts say of a lead besides its fields: what it did of late, where it is."""

from __future__ import annotations

import re
from heapq import nlargest
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from revops.kit.clock import to_reader
from revops.kit.texts import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, tzinfo

MOST_RECENT = 10
"""Activities that `recent_activity` tells."""
MOST_DETAIL = 100
"""Characters of what each was about."""
_ABOUT = ("path", "subject", "campaign")
_LATE = re.compile(r" \([^()]* late(; [^()]*)?\)")


def recent_activity(activities: Iterable[Mapping[str, Any]], now: datetime, zone: tzinfo) -> str:
    """What a lead did last, the latest first, one line each; what we did towards it is left out."""
    known = (each for each in activities if each["occurred_at"] <= now)
    its_own = (each for each in known if each["direction"] != "outbound")
    found = nlargest(MOST_RECENT, its_own, key=itemgetter("occurred_at", "id"))
    return "\n".join(_line(each, zone) for each in found)


def _line(activity: Mapping[str, Any], zone: tzinfo) -> str:
    about = next((activity[name] for name in _ABOUT if activity[name]), "")
    words = f"{activity['type'].replace('_', ' ')} {' '.join(about.split())[:MOST_DETAIL]}"
    return f"{to_reader(activity['occurred_at'], zone)}: {words.rstrip()}"


def name_of(contact: Mapping[str, Any]) -> str:
    """What a contact is called, or its address where no name is known; empty without either."""
    names = (contact.get("first_name"), contact.get("last_name"))
    return " ".join(name for name in names if name) or contact.get("email") or ""


def link_to(contact: Mapping[str, Any], pattern: str | None) -> str:
    """Where a lead is seen, by the setting `lead_link`; its id where nothing is set."""
    return render(pattern, {"contact": contact}) if pattern else f"contact {contact['id']}"


def with_late(text: str, late: str, between: str = " ") -> str:
    """A text that says that it comes late."""
    return f"{text}{between}({late})" if late else text


def without_late(text: str) -> str:
    """The same text as if it came in time."""
    return _LATE.sub("", text)
