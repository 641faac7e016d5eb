import pytest

from openclaw.settings.original import known_to_original
from openclaw.settings.problems import Key


@pytest.mark.parametrize(
    ("key", "known"),
    [
        (("talk",), True),
        (("gateway", "tailscale"), True),
        (("channels", "telegram", "historyLimit"), True),
        (("agents", "list", 3, "sandbox"), True),
        (("agents", "defaults", "heartbeat"), True),
        (("gateway", "prot"), False),
        (("gateway", "tailscale", "mode"), False),
        (("gatway",), False),
    ],
)
def test_the_originals_keys_are_known_by_their_place(key: Key, known: bool) -> None:
    assert known_to_original(key) is known
