"""The destinations of automations.yaml as ways to deliver, with the secrets of the environment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from revops.connectors.email.push import EmailPush, SmtpServer
from revops.connectors.push import secret_of
from revops.connectors.slack.push import SlackAddress, SlackPush
from revops.connectors.webhook.push import WebhookAddress, WebhookPush
from revops.engine.delivery import Destination, Limits
from revops.kit.addresses import parse_networks
from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from revops.connectors.push import Push
    from revops.definitions.destinations import Destination as Defined
    from revops.kit.issue import Issue

PRIVATE = parse_networks(
    ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "::1/128", "fc00::/7")
)
"""Networks of one's own, which a destination with `allow_private` may be in."""
_SECURITY: dict[str, Literal["starttls", "tls", "none"]] = {
    "starttls": "starttls",
    "implicit": "tls",
    "none": "none",
}


def destinations(
    defined: Mapping[str, Defined], environment: Mapping[str, str]
) -> tuple[dict[str, Destination], list[Issue]]:
    """Each destination that can be used, and why others cannot: their messages wait."""
    found: dict[str, Destination] = {}
    issues: list[Issue] = []
    for name, each in defined.items():
        try:
            push, per_second = _push(each, environment)
        except RevopsError as error:
            issues += [
                replace(each, message=f"messages for '{name}' wait: {each.message}")
                for each in error.issues
            ]
            continue
        found[name] = Destination(push, Limits(per_minute=max(round(per_second * 60), 1)))
    return found, issues


def _push(each: Defined, environment: Mapping[str, str]) -> tuple[Push, float]:
    if each.slack is not None:
        slack = SlackAddress(each.slack.bot_token_env, each.slack.webhook_env)
        return SlackPush(slack, environment), each.slack.per_second
    if each.email is not None:
        given = each.email
        server = SmtpServer(
            given.host,
            given.sender,
            given.port,
            _SECURITY[given.tls],
            secret_of(environment, given.user_env) if given.user_env else None,
            given.password_env,
        )
        return EmailPush(server, environment), given.per_second
    assert each.webhook is not None  # noqa: S101 - the definition's own rule
    hook = each.webhook
    allowed = PRIVATE if hook.allow_private else ()
    address = WebhookAddress(hook.secret_env, hook.url, hook.url_env, allowed)
    return WebhookPush(address, environment), hook.per_second
