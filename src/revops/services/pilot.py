"""Pilots: who takes part, and how their leads fare beside those of the others."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from revops.kit.clock import plain_utc
from revops.kit.errors import RevopsError
from revops.leads.golive.pilot import Comparison, Pilot, Share, draw
from revops.leads.monitoring.flow import find_mqls
from revops.services.align import known
from revops.services.contact import find_user
from revops.services.score import now as this_second
from revops.store.engine_tables import PILOTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from revops.services.workspace import Workspace

SIZE = 4
"""Three to five sellers are enough to see, and few enough to talk to each."""
LENGTH = timedelta(weeks=2)
_FEWEST = 3


def start_pilot(
    workspace: Workspace,
    name: str,
    *,
    by: str,
    members: Sequence[str] = (),
    team: str | None = None,
    size: int = SIZE,
    seed: int = 1,
    starts_at: datetime | None = None,
    length: timedelta = LENGTH,
) -> Pilot:
    """Set up a pilot: with these sellers, with a team, or with some drawn by lot.

    Args:
        workspace: Whose sellers.
        name: Of the pilot.
        by: Who sets it up.
        members: Who takes part, by id or address.
        team: Or all active sellers of this team.
        size: Or so many drawn by lot.
        seed: The same seed draws the same.
        starts_at: When; by default now.
        length: For how long.

    Raises:
        RevopsError: The name is taken, somebody is not known, or nobody is left to compare with.
    """
    sellers = _sellers(workspace)
    if members:
        chosen, how = [find_user(workspace.catalog.people, each).id for each in members], "by name"
    elif team is not None:
        known(team, [each.name for each in workspace.catalog.people.teams], "team", "people.yaml")
        users = workspace.catalog.people.users
        chosen, how = [u.id for u in users if u.team == team and u.id in sellers], f"team {team}"
    else:
        _check_size(size, len(sellers))
        chosen, how = list(draw(sellers, size, seed)), f"{size} of {len(sellers)} by lot {seed}"
    others = [each for each in sellers if each not in chosen]
    if not chosen or not others:
        raise RevopsError(
            "no-comparison",
            f"{len(chosen)} sellers would take part and {len(others)} could be compared with them",
            "both sides need somebody: choose with --member, --team or --reps",
        )
    begins = starts_at or this_second()
    made = Pilot(name, tuple(chosen), tuple(others), how, begins, begins + length, by)
    _save(workspace, made)
    return made


def list_pilots(workspace: Workspace) -> list[Pilot]:
    """Every pilot, the oldest first."""
    with workspace.store.read() as connection:
        rows = connection.execute(sa.select(PILOTS).order_by(PILOTS.c.starts_at, PILOTS.c.name))
        return [
            Pilot(
                row.name, tuple(json.loads(row.members)), tuple(json.loads(row.others)),
                row.chosen, row.starts_at, row.ends_at, row.made_by,
            )
            for row in rows
        ]  # fmt: skip


def end_pilot(workspace: Workspace, name: str, *, now: datetime | None = None) -> Pilot:
    """End a pilot before its time.

    Raises:
        RevopsError: There is none of this name, or it is over.
    """
    found, at = _find(workspace, name), now or this_second()
    if found.ends_at <= at:
        raise RevopsError("pilot-over", f"pilot '{name}' is over", "revops pilot list tells when")
    with workspace.store.write() as connection:
        connection.execute(sa.update(PILOTS).where(PILOTS.c.name == name).values(ends_at=at))
    return _find(workspace, name)


def compare_pilot(
    workspace: Workspace, name: str, *, now: datetime | None = None
) -> tuple[Pilot, list[Comparison]]:
    """How the leads that members got during a pilot fare beside those of the others.

    A lead counts for whoever first got it in that time. Accepted: of the MQLs that sales has
    decided on since, those it took over. Converted: of all these leads, those with a deal that
    began since. Won: of those, with a deal won.

    Raises:
        RevopsError: There is no pilot of this name.
    """
    pilot, at = _find(workspace, name), now or this_second()
    with workspace.facts().connect() as con:
        find_mqls(con, workspace.catalog.lifecycle, at)
        counts = {
            side: _counts(con, owners, pilot, at)
            for side, owners in (("pilot", pilot.members), ("others", pilot.others))
        }
    ours, theirs = counts["pilot"], counts["others"]
    return pilot, [Comparison(what, ours[what], theirs[what]) for what in ours]


def _counts(
    con: duckdb.DuckDBPyConnection, owners: Sequence[str], pilot: Pilot, now: datetime
) -> dict[str, Share]:
    found = con.execute(
        _COUNTS,
        {
            "owners": list(owners),
            "starts_at": plain_utc(pilot.starts_at),
            "ends_at": plain_utc(pilot.ends_at),
            "now": plain_utc(now),
        },
    ).fetchone()
    leads, decided, accepted, converted, won = found or (0, 0, 0, 0, 0)
    return {
        "accepted": Share(accepted, decided),
        "converted": Share(converted, leads),
        "won": Share(won, leads),
    }


_COUNTS = """
WITH leads AS (
    SELECT record_id AS contact_id, min(changed_at) AS got_at
    FROM contact_history
    WHERE field = 'owner' AND list_contains($owners, new_value)
        AND changed_at >= $starts_at AND changed_at < $ends_at AND changed_at <= $now
    GROUP BY record_id
), decisions AS (
    SELECT l.contact_id, bool_or(m.is_accepted) AS is_accepted
    FROM leads l JOIN mqls m ON m.contact_id = l.contact_id AND m.decided_at >= l.got_at
    GROUP BY l.contact_id
), deals AS (
    SELECT unnest(string_split(contact_ids, ';')) AS contact_id, created_at,
        is_won IS TRUE AND closed_at <= $now AS is_won
    FROM opportunities WHERE created_at <= $now
), converted AS (
    SELECT l.contact_id, bool_or(d.is_won) AS is_won
    FROM leads l JOIN deals d ON trim(d.contact_id) = l.contact_id AND d.created_at >= l.got_at
    GROUP BY l.contact_id
)
SELECT count(*), count(d.is_accepted), count(*) FILTER (d.is_accepted),
    count(c.contact_id), count(*) FILTER (c.is_won)
FROM leads l LEFT JOIN decisions d USING (contact_id) LEFT JOIN converted c USING (contact_id)
"""


def _sellers(workspace: Workspace) -> list[str]:
    """Who gets leads: the members of the pools, or all active users where there are none."""
    people, pools = workspace.catalog.people, workspace.catalog.routing.pools.values()
    active = [user for user in people.users if user.active]
    managers = {user.manager for user in people.users}
    in_pools = {member.user for pool in pools for member in pool.members}
    in_pools |= {u.id for p in pools if p.team for u in active if u.team == p.team}
    found = [u.id for u in active if u.id in in_pools and u.id not in managers]
    return found or [u.id for u in active if u.id not in managers]


def _check_size(size: int, most: int) -> None:
    if not _FEWEST <= size < most:
        raise RevopsError(
            "bad-size",
            f"{size} of {most} sellers cannot be drawn for a pilot",
            f"choose from {_FEWEST} to {most - 1}, or name them with --member",
        )


def _save(workspace: Workspace, pilot: Pilot) -> None:
    row = asdict(pilot) | {
        "members": json.dumps(pilot.members),
        "others": json.dumps(pilot.others),
    }
    with workspace.store.write() as connection:
        taken = sa.select(PILOTS.c.name).where(PILOTS.c.name == pilot.name)
        if connection.execute(taken).first():
            raise RevopsError(
                "pilot-exists", f"there is a pilot '{pilot.name}' already", "give another name"
            )
        connection.execute(sa.insert(PILOTS).values(row))


def _find(workspace: Workspace, name: str) -> Pilot:
    pilots = {each.name: each for each in list_pilots(workspace)}
    if name not in pilots:
        mend = f"there are: {', '.join(pilots)}" if pilots else "revops pilot start NAME makes one"
        raise RevopsError("unknown-pilot", f"there is no pilot '{name}'", mend)
    return pilots[name]
