from pathlib import Path

import pytest

from openclaw.settings.paths import find_paths


@pytest.mark.parametrize(
    ("environ", "state", "config"),
    [
        ({}, "/home/ana/.openclaw", "/home/ana/.openclaw/openclaw.json"),
        ({"OPENCLAW_STATE_DIR": "/srv/claw"}, "/srv/claw", "/srv/claw/openclaw.json"),
        ({"OPENCLAW_STATE_DIR": "~/claw"}, "/home/ana/claw", "/home/ana/claw/openclaw.json"),
        ({"OPENCLAW_HOME": "/h"}, "/h/.openclaw", "/h/.openclaw/openclaw.json"),
        ({"OPENCLAW_CONFIG_PATH": "/etc/claw.json5"}, "/home/ana/.openclaw", "/etc/claw.json5"),
        ({"OPENCLAW_STATE_DIR": ""}, "/home/ana/.openclaw", "/home/ana/.openclaw/openclaw.json"),
    ],
)
def test_the_environment_says_where_things_are(environ: dict[str, str], state: str, config: str) -> None:
    paths = find_paths({"HOME": "/home/ana", **environ})

    assert (paths.state, paths.config) == (Path(state), Path(config))


def test_the_command_line_wins_and_the_last_good_copy_lies_beside() -> None:
    paths = find_paths({"HOME": "/h", "OPENCLAW_CONFIG_PATH": "/etc/claw.json5"}, Path("/tmp/mine.json5"))

    assert paths.config == Path("/tmp/mine.json5")
    assert paths.last_good == Path("/tmp/mine.last-good.json")
    assert paths.gateway_token == Path("/h/.openclaw/credentials/gateway-token")
