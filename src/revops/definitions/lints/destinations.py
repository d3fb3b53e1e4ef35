"""Messages that cannot be sent, whichever definition sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from revops.definitions.lints.actions import placed
from revops.definitions.lints.finding import Finding, Lint, unknown
from revops.kit.issue import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from revops.definitions.kinds import Definitions

NEEDS = {"revops", "automations", "lifecycle", "lists", "slas"}


def unknown_webhooks(definitions: Definitions) -> Iterator[Finding]:
    """A call without an address is never made."""
    destinations = definitions.automations.destinations
    webhooks = [name for name, each in destinations.items() if each.channel == "webhook"]
    for each in placed(definitions):
        if (webhook := each.action.webhook) is not None:
            path = f"{each.path}.webhook.destination"
            yield from unknown(
                each.stem, path, "webhook destination", webhook.destination, webhooks
            )


def no_destination(definitions: Definitions) -> Iterator[Finding]:
    """A message without a destination is never sent."""
    known = {each.channel for each in definitions.automations.destinations.values()}
    for stem, path, channel in _messages(definitions):
        if channel not in known:
            message = f"there is no {channel} destination to send this by"
            mend = f"add one with `{channel}:` to destinations of automations.yaml"
            yield Finding(stem, path, "no-destination", Level.ERROR, message, mend)


def _messages(definitions: Definitions) -> Iterator[tuple[str, str, str]]:
    """Kind of definition, path and channel of every message that names no destination."""
    for each in placed(definitions):
        if each.action.kind in {"slack", "email"}:
            yield each.stem, f"{each.path}.{each.action.kind}", each.action.kind
    for index, digest in enumerate(definitions.automations.digests):
        for i, who in enumerate(digest.to):
            channel = "slack" if who.startswith("#") else "email"
            yield "automations", f"digests[{index}].to[{i}]", channel


LINTS: tuple[Lint, ...] = (unknown_webhooks, no_destination)
