"""A worker that delivers, to be run in a process of its own and killed."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import SystemRandom

from letters import LOOPBACK, SIGNING_SECRET
from revops.connectors.webhook.push import WebhookAddress, WebhookPush
from revops.engine.delivery import Courier, Destination, Patience
from revops.store import open_store

LEASE = timedelta(seconds=0.5)
LONGEST = timedelta(seconds=60)
PATIENCE = Patience(first=timedelta(seconds=0.05), longest=timedelta(seconds=0.2), attempts=1000)


def _clock() -> datetime:
    return datetime.now(UTC)


def deliver(store_url: str, folder: str, hook_url: str) -> None:
    """Deliver until nothing is left, or for a minute."""
    address = WebhookAddress("S", url=hook_url, allowed=LOOPBACK)
    hook = Destination(WebhookPush(address, {"S": SIGNING_SECRET}), patience=PATIENCE)
    with (
        closing(open_store(store_url, Path(folder))) as store,
        Courier(store, {"hook": hook}, _clock, SystemRandom(), lease=LEASE) as courier,
    ):
        until = _clock() + LONGEST
        while courier.deliver_due().pending and _clock() < until:
            pass
