import threading
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import orjson
import pytest
from anyio.from_thread import start_blocking_portal

from openclaw.cli.onboarding.answers import MistakenError
from openclaw.cli.onboarding.probing import Heard, LiveProbes, model_request, recognised, refusal, told
from openclaw.types.secrets import Secret
from tests.fakes import FakeAnthropic, FakeOpenAI, FakeTelegram

MODEL = "claude-opus-4-6"
NOBODY = "http://127.0.0.1:1"


@contextmanager
def beside(fake: FakeAnthropic | FakeOpenAI | FakeTelegram) -> Iterator[None]:
    """It answers from a thread of its own: the probes bring a loop with them."""
    with start_blocking_portal() as portal:
        with portal.wrap_async_context_manager(fake):
            yield
        portal.call(anyio.wait_all_tasks_blocked)  # its socket is closed by the loop, a step later


def test_a_key_that_works_costs_one_token() -> None:
    anthropic = FakeAnthropic()
    anthropic.reply("yes")
    with beside(anthropic):
        LiveProbes().key("anthropic", Secret(anthropic.key), anthropic.url, MODEL)
    (request,) = anthropic.requests
    assert (request.body["max_tokens"], request.body["model"]) == (1, MODEL)


def test_openais_is_tried_in_its_own_form() -> None:
    openai = FakeOpenAI()
    openai.reply("yes")
    with beside(openai):
        LiveProbes().key("openai", Secret(openai.key), f"{openai.url}/v1", "gpt-6-sol")
        openai.refused_keys.add(openai.key)
        with pytest.raises(MistakenError, match=r"openai does not take this key \(HTTP 401\)"):
            LiveProbes().key("openai", Secret(openai.key), f"{openai.url}/v1", "gpt-6-sol")


def test_without_a_net_the_key_may_still_be_right() -> None:
    with pytest.raises(MistakenError, match="does not answer") as caught:
        LiveProbes().key("anthropic", Secret("sk-ant-x"), NOBODY, MODEL)
    assert caught.value.anyway


def test_the_bot_says_its_name_and_hears_the_owner() -> None:
    telegram = FakeTelegram()
    with beside(telegram):
        root, token = telegram.url, Secret(telegram.token)
        assert LiveProbes().bot(root, token) == "claw_test_bot"
        telegram.say("hello 123456")
        assert LiveProbes().hear(root, token, "123456") == Heard("821071206", "Ana")
        # What was heard still waits for the assistant.
        assert len(telegram.updates) == 1
        with pytest.raises(MistakenError, match="knows no bot"):
            LiveProbes().bot(root, Secret("8000002:TEST-b0tT0kenTh4tM0stN0tB3InAnyL0g0"))
    assert threading.active_count() == 1


@pytest.mark.parametrize(
    ("provider", "status", "body", "words", "anyway"),
    [
        ("anthropic", 401, {"error": {"message": "invalid x-api-key"}}, "does not take this key", False),
        ("anthropic", 403, {}, "does not take this key", False),
        ("anthropic", 400, {"error": {"message": "Your credit balance is too low"}}, "no credit left", True),
        ("anthropic", 429, {}, "cannot answer right now", True),
        ("anthropic", 529, {"error": {"message": "Overloaded"}}, r"right now \(HTTP 529\).*Overloaded", True),
        ("anthropic", 404, {"error": {"message": "model: x"}}, "refused the request for x", True),
        ("openai", 429, {"error": {"code": "insufficient_quota"}}, "no credit left", True),
        ("openai", 404, {"error": {"code": "model_not_found"}}, "refused the request for x", True),
        ("openrouter", 402, {"error": {"message": "Insufficient credits"}}, "no credit left", True),
    ],
)
def test_a_refusal_says_what_to_do(
    provider: str, status: int, body: object, words: str, anyway: bool
) -> None:
    mistake = refusal(provider, status, orjson.dumps(body), "x")
    assert mistake.anyway is anyway
    with pytest.raises(MistakenError, match=words):
        raise mistake


@pytest.mark.parametrize(
    ("status", "body", "words", "anyway"),
    [
        (401, b'{"ok":false}', "knows no bot", False),
        (404, b'{"ok":false}', "knows no bot", False),
        (409, b'{"ok":false}', "another program listens", True),
        (500, b'{"ok":false,"description":"oops"}', "oops", True),
        (200, b"<html>", "is not Telegram", True),
        (200, b"[]", "is not Telegram", True),
    ],
)
def test_what_telegram_refuses_is_told_in_words(status: int, body: bytes, words: str, anyway: bool) -> None:
    with pytest.raises(MistakenError, match=words) as caught:
        told(status, body)
    assert caught.value.anyway is anyway


def test_only_a_person_in_private_is_recognised() -> None:
    def message(text: str, kind: str = "private", *, bot: bool = False) -> object:
        sender = {"id": 7, "first_name": "Ana", "is_bot": bot}
        return {"message": {"text": text, "chat": {"type": kind}, "from": sender}}

    assert recognised([message("hello 123456")], "123456") == Heard("7", "Ana")
    assert recognised([message("123456")], "123456") == Heard("7", "Ana")
    for wrong in (
        message("hello 1234567"), message("hello 123456", "group"), message("hello 123456", bot=True),
        {"edited_message": {}}, "x", {"message": {"chat": None}},
    ):  # fmt: skip
        assert recognised([wrong], "123456") is None
    assert recognised({"not": "a list"}, "123456") is None


def test_a_vendors_own_fields_are_used() -> None:
    assert model_request("openai", Secret("k"), "m")[2]["max_completion_tokens"] == 16
    assert model_request("openrouter", Secret("k"), "m")[2]["max_tokens"] == 16
    assert model_request("openrouter", Secret("k"), "m")[1] == {"authorization": "Bearer k"}
