"""What the engine works with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from revops.engine.questions import Questions
from revops.leads.slas.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from revops.definitions.kinds import Definitions
    from revops.definitions.scope import Vocabulary
    from revops.leads.scoring import Past
    from revops.store import Store
    from revops.store.facts import Facts


@dataclass(frozen=True)
class World:
    """What a pass works with.

    Attributes:
        definitions: What the company decided.
        version: Their version.
        vocabulary: What conditions may name.
        store: Where decisions are saved.
        facts: Asks for the facts as they are now.
        past: Tells which fields have a history in some facts.
        acts_at_first: Whether the first look at a store does what the rules say, or only settles.
    """

    definitions: Definitions
    version: str
    vocabulary: Vocabulary
    store: Store
    facts: Callable[[], Facts]
    past: Callable[[Facts], Past]
    acts_at_first: bool = False

    @cached_property
    def questions(self) -> Questions:
        """What the definitions ask; kept, because compiling them takes long."""
        return Questions(self.definitions, self.vocabulary)

    @cached_property
    def rules(self) -> Rules:
        """The service levels made ready; kept, because adding up years of working time is work."""
        definitions = self.definitions
        return Rules(definitions.slas, definitions.people, definitions.calendars)
