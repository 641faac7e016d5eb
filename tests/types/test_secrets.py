import logging
import pprint
import traceback

import orjson
import pytest

from openclaw.types.secrets import Secret, SecretRef

VALUE = "sk-ant-1234567890"


@pytest.mark.parametrize("hidden", [Secret(VALUE), SecretRef(VALUE)])
def test_a_secret_shows_itself_in_no_way_that_happens_by_itself(
    hidden: object, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("test").warning("%s %r", hidden, [hidden])
    try:
        raise ValueError(hidden)
    except ValueError:
        told = traceback.format_exc()

    ways = [f"{hidden}", f"{hidden!r}", "%s" % (hidden,), pprint.pformat({"k": hidden}), caplog.text, told]  # noqa: UP031
    ways.append(orjson.dumps({"k": hidden}, default=str).decode())
    assert [way for way in ways if VALUE in way] == []


def test_a_secret_is_revealed_on_purpose() -> None:
    assert Secret(VALUE).reveal() == VALUE
    assert SecretRef(VALUE).text == VALUE


def test_an_empty_secret_counts_as_none() -> None:
    assert not Secret("")
    assert Secret("0")


@pytest.mark.parametrize(
    "reference", ["env:TOKEN", "file:/run/token", "op://vault/item/field", "keychain:openclaw/bot"]
)
def test_a_reference_may_be_shown(reference: str) -> None:
    assert (str(SecretRef(reference)), SecretRef(reference).is_plain) == (reference, False)


@pytest.mark.parametrize("text", ["8213:token", "ENV:TOKEN", "envy", "", " env:TOKEN"])
def test_anything_else_is_the_secret_itself(text: str) -> None:
    assert (str(SecretRef(text)), SecretRef(text).is_plain) == ("***", True)
