"""What is to be looked at: found before the transaction, and kept in it.

What is asked of the facts is asked before a transaction holds the store, and kept only if no other
worker has done so meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from revops.engine.agenda import gather
from revops.engine.records import news_of_records
from revops.engine.scheduling import fall_due, make_ready

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import sqlalchemy as sa

    from revops.engine.records import News
    from revops.engine.scheduling import Ready
    from revops.engine.world import World


@dataclass(frozen=True)
class Found:
    """What was found.

    Attributes:
        world: Where.
        news: Of records beside the contacts.
        ready: What schedules that are due make, by their name.
    """

    world: World
    news: News
    ready: Mapping[str, Ready]

    def keep(self, connection: sa.Connection, now: datetime) -> int:
        """Make reasons to look at contacts of all that arrived and fell due.

        Returns:
            How many digests were put into the outbox.
        """
        gather(connection, now, acts_at_first=self.world.acts_at_first)
        self.news.keep(connection)
        return fall_due(connection, self.world.definitions, self.ready, now)


def look(world: World, now: datetime) -> Found:
    """Find what the facts must be asked for."""
    return Found(world, news_of_records(world, now), make_ready(world, now))
