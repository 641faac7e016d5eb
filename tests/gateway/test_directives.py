import pytest

from openclaw.gateway.directives import is_stop, parse


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("/status", "status", ""),
        ("  /STATUS  ", "status", ""),
        ("!status", "status", ""),
        ("/status@my_bot", "status", ""),
        ("/id", "whoami", ""),
        ("/new: opus", "new", "opus"),
        ("/new opus\ntell me more", "new", "opus\ntell me more"),
        ("/compact keep the numbers", "compact", "keep the numbers"),
        ("/usage full", "usage", "full"),
        ("/stop", "stop", ""),
        ("Please stop!", "stop", ""),
        ("停止。", "stop", ""),
        ("Стоп...", "stop", ""),
    ],
)
def test_a_message_that_is_nothing_but_a_command(text: str, name: str, arguments: str) -> None:
    command = parse(text).command
    assert command is not None
    assert (command.known.name, command.arguments) == (name, arguments)


@pytest.mark.parametrize(
    ("text", "directives", "rest"),
    [
        ("/think high", [("think", "high")], ""),
        ("/t: HIGH", [("think", "HIGH")], ""),
        ("/think high what is 17 * 23?", [("think", "high")], "what is 17 * 23?"),
        ("what is this? /verbose", [("verbose", "")], "what is this?"),
        ("say /model opus hello", [("model", "opus")], "say hello"),
        ("/think low /v full", [("think", "low"), ("verbose", "full")], ""),
        ("/queue collect debounce:2s cap:25", [("queue", "collect debounce:2s cap:25")], ""),
        ("/exec host=sandbox ask=off", [("exec", "host=sandbox ask=off")], ""),
        ("/think deeply", [("think", "deeply")], ""),
        ("first\n/think high\nsecond", [("think", "high")], "first\n\nsecond"),
    ],
)
def test_directives_alone_and_inside_a_text(text: str, directives: list[tuple[str, str]], rest: str) -> None:
    parsed = parse(text)
    assert [(order.known.name, order.arguments) for order in parsed.directives] == directives
    assert parsed.rest == rest


def test_shortcuts_are_taken_out_of_a_text() -> None:
    parsed = parse("/status and tell me a joke /whoami")
    assert [order.known.name for order in parsed.shortcuts] == ["status", "whoami"]
    assert parsed.rest == "and tell me a joke"


@pytest.mark.parametrize(
    "text",
    [
        "look at /usr/bin/status",
        "cat /status/page",
        "https://example.org /x",
        "https://example.org/think high",
        "`/think high` is how one writes it",
        "```\n/model opus\n```",
        "think high about it",
        "/unknown thing",
        "a/think high",
        "we should not stop here",
        "tell me of the /model",
        "please say /new house",
        "",
    ],
)
def test_what_is_no_order_goes_to_the_model_as_it_is(text: str) -> None:
    parsed = parse(text)
    assert parsed.plain
    assert parsed.rest in {text, text.strip()}


@pytest.mark.parametrize(
    "text", ["stop", "STOP!!!", "  halt . ", "arrête", "やめて！", "/stop", "!stop", "esc"]
)
def test_words_that_stop(text: str) -> None:
    assert is_stop(text)


@pytest.mark.parametrize("text", ["stop the music", "/stops", "", "!!!", "nonstop", "stop: go"])
def test_words_that_do_not(text: str) -> None:
    assert not is_stop(text)
