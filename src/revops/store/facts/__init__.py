"""The facts: everything as columns, in files that can be made anew from the store at any time."""

from revops.store.facts.facts import Facts
from revops.store.facts.folder import facts_from_folder
from revops.store.facts.refresh import (
    facts_folder,
    keep_database,
    rebuild_facts,
    refresh_facts,
    sound_part,
    stored_manifest,
)
from revops.store.facts.statistics import Statistics
from revops.store.facts.work import Tuning

__all__ = [
    "Facts",
    "Statistics",
    "Tuning",
    "facts_folder",
    "facts_from_folder",
    "keep_database",
    "rebuild_facts",
    "refresh_facts",
    "sound_part",
    "stored_manifest",
]
