from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from letters import LOOPBACK, NOW, letter
from receiver import Receiver, Says
from revops.connectors.push import Delivered, Refused, Unavailable
from revops.connectors.slack.push import SlackAddress, SlackPush, slack_payload
from revops.kit.errors import RevopsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from receiver import Call

TOKEN = "xoxb-123-t0ps3cret"
LETTER = letter(slack_payload("#sales", "New lead: Zoë"), "msg_7")


def says(**content: Any) -> Says:
    return Says(200, json.dumps({"ok": "error" not in content, **content}).encode())


def bot(receiver: Receiver) -> SlackPush:
    base = f"http://127.0.0.1:{receiver.port}/api/"
    address = SlackAddress(bot_token_env="SLACK_BOT_TOKEN", base_url=base, allowed=LOOPBACK)
    return SlackPush(address, {"SLACK_BOT_TOKEN": TOKEN})


def hook(receiver: Receiver) -> SlackPush:
    url = f"http://127.0.0.1:{receiver.port}/services/T0/B0/t0ps3cret"
    address = SlackAddress(webhook_url_env="SLACK_URL", allowed=LOOPBACK)
    return SlackPush(address, {"SLACK_URL": url})


BOTH = pytest.mark.parametrize("push_to", [bot, hook])


def test_the_bot_posts_with_its_token_and_the_key() -> None:
    with Receiver(lambda _call: says(ts="1.2")) as receiver:
        push = bot(receiver)
        assert [push.deliver(LETTER, NOW) for _ in range(2)] == [Delivered(), Delivered()]
        push.close()
    first, second = receiver.calls
    assert first.path == "/api/chat.postMessage"
    assert first.headers["authorization"] == f"Bearer {TOKEN}"
    said = json.loads(first.body)
    assert said["channel"] == "#sales"
    assert said["text"] == "New lead: Zoë"
    assert said["metadata"]["event_payload"] == {"key": "msg_7"}
    assert len(said["client_msg_id"]) == 36
    assert first.body == second.body


def test_the_bot_finds_a_person_by_e_mail_once() -> None:
    def answer(call: Call) -> Says:
        if call.path.startswith("/api/users.lookupByEmail"):
            return says(user={"id": "U42"})
        return says(ts="1.2")

    with Receiver(answer) as receiver:
        push = bot(receiver)
        to_dina = letter(slack_payload("dina@example.com", "Late!"))
        assert [push.deliver(to_dina, NOW) for _ in range(2)] == [Delivered(), Delivered()]
        push.close()
    lookup, post, again = receiver.calls
    asked = parse_qs(lookup.path.partition("?")[2]) or parse_qs(lookup.body.decode())
    assert asked["email"] == ["dina@example.com"]
    assert json.loads(post.body)["channel"] == json.loads(again.body)["channel"] == "U42"


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        ("channel_not_found", Refused("Slack says channel_not_found")),
        ("users_not_found", Refused("Slack says users_not_found")),
        ("internal_error", Unavailable("Slack says internal_error")),
        ("token_revoked", Unavailable("Slack says token_revoked")),
    ],
)
def test_slack_says_what_is_wrong_in_a_good_answer(error: str, answer: object) -> None:
    with Receiver(lambda _call: says(error=error)) as receiver:
        push = bot(receiver)
        assert push.deliver(LETTER, NOW) == answer
        push.close()


@BOTH
def test_too_much_is_tried_again_when_slack_says(
    push_to: Callable[[Receiver], SlackPush],
) -> None:
    limited = Says(429, b'{"ok": false, "error": "ratelimited"}', {"retry-after": "30"})
    with Receiver(lambda _call: limited) as receiver:
        push = push_to(receiver)
        found = push.deliver(LETTER, NOW)
        push.close()
    assert isinstance(found, Unavailable)
    assert found.after == timedelta(seconds=30)
    assert len(receiver.calls) == 1  # the client does not try again by itself


@BOTH
@pytest.mark.parametrize("body", [b"<html>", b"[]", b'"ok"', b"\xff"])
def test_a_server_in_trouble_is_unavailable(
    push_to: Callable[[Receiver], SlackPush], body: bytes
) -> None:
    with Receiver(lambda _call: Says(503, body)) as receiver:
        push = push_to(receiver)
        found = push.deliver(LETTER, NOW)
        push.close()
    assert isinstance(found, Unavailable)
    assert found.reason.startswith("answered 503")


@BOTH
def test_redirects_are_not_followed(push_to: Callable[[Receiver], SlackPush]) -> None:
    with Receiver() as other:
        away = Says(302, b"", {"location": other.url})
        with Receiver(lambda _call: away) as receiver:
            push = push_to(receiver)
            found = push.deliver(LETTER, NOW)
            push.close()
    assert found == Refused("answered 302: redirects are not followed")
    assert other.calls == []


def test_a_page_instead_of_an_answer_is_not_slack() -> None:
    with Receiver(lambda _call: Says(200, b"<html>Please log in")) as receiver:
        push = bot(receiver)
        assert isinstance(push.deliver(LETTER, NOW), Unavailable)
        push.close()


def test_a_webhook_posts_to_its_channel_and_names_who_is_meant() -> None:
    with Receiver() as receiver:
        push = hook(receiver)
        for to in ("#sales", "dina@example.com"):
            assert push.deliver(letter(slack_payload(to, "Late!"), "msg_7"), NOW) == Delivered()
        push.close()
    said = [json.loads(call.body) for call in receiver.calls]
    assert [each["text"] for each in said] == ["Late!", "For dina@example.com: Late!"]
    assert said[0]["metadata"]["event_payload"] == {"key": "msg_7"}
    assert receiver.calls[0].path == "/services/T0/B0/t0ps3cret"


def test_a_webhook_that_is_gone_is_refused() -> None:
    with Receiver(lambda _call: Says(404, b"no_service")) as receiver:
        push = hook(receiver)
        assert push.deliver(LETTER, NOW) == Refused("answered 404: no_service")
        push.close()


@BOTH
def test_secrets_are_neither_told_nor_logged(
    push_to: Callable[[Receiver], SlackPush], caplog: pytest.LogCaptureFixture
) -> None:
    def echo(call: Call) -> Says:
        return Says(400, f"{call.path} {call.headers.get('authorization')}".encode())

    with Receiver(echo) as receiver, caplog.at_level(logging.DEBUG):
        answered, unreached = push_to(receiver), push_to(receiver)
        found = [answered.deliver(LETTER, NOW)]
    found.append(unreached.deliver(LETTER, NOW))  # now nobody is there
    for push in (answered, unreached):
        push.close()
    assert [type(each) for each in found] == [Refused, Unavailable]
    assert "t0ps3cret" not in caplog.text + repr(found) + repr(unreached)


def test_a_hidden_address_is_refused() -> None:
    with Receiver() as receiver:
        url = f"http://127.0.0.1:{receiver.port}/services/T0"
        push = SlackPush(SlackAddress(webhook_url_env="URL"), {"URL": url})
        found = push.deliver(LETTER, NOW)
        push.close()
    assert isinstance(found, Refused)
    assert receiver.calls == []


@pytest.mark.parametrize(
    ("address", "environment", "code"),
    [
        (SlackAddress(), {}, "no-secret"),
        (SlackAddress(bot_token_env="T"), {"T": "xoxb-1\nHost: evil"}, "bad-secret"),
        (SlackAddress(webhook_url_env="URL"), {"URL": "hooks.slack.com/services"}, "slack-url"),
        (SlackAddress(bot_token_env="T", base_url="file:///"), {"T": TOKEN}, "slack-url"),
    ],
)
def test_what_is_missing_is_told_at_once(
    address: SlackAddress, environment: dict[str, str], code: str
) -> None:
    with pytest.raises(RevopsError) as caught:
        SlackPush(address, environment)
    assert caught.value.code == code
