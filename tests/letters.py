"""Letters for tests, and the secrets that go with them."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from revops.kit.addresses import parse_networks
from revops.store.outbox import Letter

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
LOOPBACK = parse_networks(["127.0.0.0/8", "::1"])
SIGNING_SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


def letter(payload: Mapping[str, Any], key: str = "msg_1", attempts: int = 1) -> Letter:
    """A claimed letter."""
    return Letter(
        seq=1,
        key=key,
        channel="webhook",
        destination="receiver",
        payload=json.dumps(payload, sort_keys=True, ensure_ascii=False),
        contact_id=None,
        cause=None,
        state="pending",
        created_at=NOW,
        next_at=NOW,
        attempts=attempts,
        claimed_until=NOW,
        last_error=None,
        delivered_at=None,
    )
