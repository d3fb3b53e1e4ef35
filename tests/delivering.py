"""A worker that delivers, to be run in a process of its own and killed."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

from letters import LOOPBACK, SIGNING_SECRET
from revops.connectors.email.push import EmailPush, SmtpServer
from revops.connectors.slack.push import SlackAddress, SlackPush
from revops.connectors.webhook.push import WebhookAddress, WebhookPush
from revops.engine.delivery import Courier, Destination, Patience
from revops.store import open_store

if TYPE_CHECKING:
    from revops.connectors.push import Push

LEASE = timedelta(seconds=0.5)
LONGEST = timedelta(seconds=60)
PATIENCE = Patience(first=timedelta(seconds=0.05), longest=timedelta(seconds=0.2), attempts=1000)
SENDER = "Revenue Operations <revops@example.com>"


def _clock() -> datetime:
    return datetime.now(UTC)


def deliver(store_url: str, folder: str, port: int, channel: str = "webhook") -> None:
    """Deliver to a receiver on the loopback until nothing is left, or for a minute."""
    destination = Destination(_push(channel, port), patience=PATIENCE)
    with (
        closing(open_store(store_url, Path(folder))) as store,
        Courier(store, {channel: destination}, _clock, SystemRandom(), lease=LEASE) as courier,
    ):
        until = _clock() + LONGEST
        while courier.deliver_due().pending and _clock() < until:
            pass


def _push(channel: str, port: int) -> Push:
    if channel == "email":
        return EmailPush(SmtpServer("127.0.0.1", SENDER, port, "none"), {})
    url = f"http://127.0.0.1:{port}/"
    if channel == "slack":
        slack = SlackAddress(bot_token_env="T", base_url=url, allowed=LOOPBACK)
        return SlackPush(slack, {"T": "xoxb-1"})
    return WebhookPush(WebhookAddress("S", url=url, allowed=LOOPBACK), {"S": SIGNING_SECRET})
