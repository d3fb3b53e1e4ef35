"""Where messages go: addresses, and the names of environment variables that hold the secrets."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from revops.definitions.model import Definition, exactly_one

_VARIABLE = r"[A-Z][A-Z0-9_]{0,79}"


def _variable(name: str) -> str:
    if not re.fullmatch(_VARIABLE, name):
        raise ValueError(
            "this is not the name of an environment variable, such as SLACK_WEBHOOK; "
            "secrets never stand in a file"
        )
    return name


def _url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError(f"'{url[:80]}' is not a web address; write one as https://example.com/in")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the web address holds a password; receivers check the signature instead")
    return url


Variable = Annotated[
    str,
    AfterValidator(_variable),
    Field(
        description="Name of an environment variable",
        examples=["SLACK_WEBHOOK"],
        json_schema_extra={"pattern": f"^{_VARIABLE}$"},
    ),
]
PerSecond = Annotated[
    float, Field(gt=0, le=1000, description="Messages a second that it is sent at most")
]


class SlackDestination(Definition):
    """Slack: an incoming webhook, or a bot that may also write to people."""

    model_config = exactly_one("webhook_env", "bot_token_env")

    webhook_env: Annotated[
        Variable | None, Field(description="Variable that holds the URL of the webhook")
    ] = None
    bot_token_env: Annotated[
        Variable | None, Field(description="Variable that holds the token of the bot")
    ] = None
    per_second: PerSecond = 1

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.webhook_env is None) == (self.bot_token_env is None):
            raise ValueError("give either webhook_env or bot_token_env")
        return self


class EmailDestination(Definition):
    """A mail server, by SMTP."""

    model_config = ConfigDict(populate_by_name=True)

    sender: Annotated[str, Field(alias="from", max_length=320, description="Address of the sender")]
    host: Annotated[str, Field(min_length=1, max_length=255, description="Name of the server")]
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    tls: Annotated[
        Literal["starttls", "implicit", "none"],
        Field(description="How the connection is protected; none only for a server beside it"),
    ] = "starttls"
    user_env: Annotated[Variable | None, Field(description="Variable that holds the user name")] = (
        None
    )
    password_env: Annotated[
        Variable | None, Field(description="Variable that holds the password")
    ] = None
    per_second: PerSecond = 10


class WebhookDestination(Definition):
    """A receiver of signed calls (Standard Webhooks)."""

    model_config = exactly_one("url", "url_env")

    url: Annotated[
        Annotated[str, AfterValidator(_url), Field(max_length=2000)] | None,
        Field(description="Its web address"),
    ] = None
    url_env: Annotated[
        Variable | None, Field(description="Variable that holds the address, if it is a secret")
    ] = None
    secret_env: Annotated[Variable, Field(description="Variable that holds the signing secret")]
    allow_private: Annotated[bool, Field(description="Whether it may be in a private network")] = (
        False
    )
    per_second: PerSecond = 10

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("give either url or url_env")
        return self


class Destination(Definition):
    """One place that messages go to: exactly one of its keys is given."""

    model_config = exactly_one()

    slack: SlackDestination | None = None
    email: EmailDestination | None = None
    webhook: WebhookDestination | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(each is not None for each in (self.slack, self.email, self.webhook)) != 1:
            raise ValueError("a destination is exactly one of slack, email and webhook")
        return self

    @property
    def channel(self) -> Literal["slack", "email", "webhook"]:
        """The key that is given."""
        if self.slack is not None:
            return "slack"
        return "email" if self.email is not None else "webhook"
