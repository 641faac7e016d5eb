from pathlib import Path
from typing import Any

import pytest

from openclaw.settings.expansion import Expansion, file_providers
from openclaw.settings.model import ROOT

ENVIRON = {"HOST": "example.org", "TOKEN": "t0k3n"}


@pytest.mark.parametrize(
    ("raw", "expanded"),
    [
        ({"agents": {"defaults": {"workspace": "/srv/${HOST}/w"}}}, {"agents": {"defaults": {"workspace": "/srv/example.org/w"}}}),
        ({"agents": {"defaults": {"workspace": "$${HOST}"}}}, {"agents": {"defaults": {"workspace": "${HOST}"}}}),
        ({"agents": {"defaults": {"workspace": "${host} $HOST"}}}, {"agents": {"defaults": {"workspace": "${host} $HOST"}}}),
        ({"agents": {"defaults": {"workspace": "env:HOST"}}}, {"agents": {"defaults": {"workspace": "example.org"}}}),
        ({"gateway": {"auth": {"token": "${TOKEN}"}}}, {"gateway": {"auth": {"token": "env:TOKEN"}}}),
        ({"gateway": {"auth": {"token": "env:TOKEN"}}}, {"gateway": {"auth": {"token": "env:TOKEN"}}}),
        ({"gateway": {"auth": {"token": "a-${TOKEN}"}}}, {"gateway": {"auth": {"token": "a-t0k3n"}}}),
        ({"gateway": {"auth": {"token": {"source": "env", "provider": "default", "id": "TOKEN"}}}}, {"gateway": {"auth": {"token": "env:TOKEN"}}}),
        ({"skills": {"entries": {"w": {"config": {"url": "http://${HOST}", "deep": [{"x": "env:HOST"}]}}}}}, {"skills": {"entries": {"w": {"config": {"url": "http://example.org", "deep": [{"x": "example.org"}]}}}}}),
        ({"commands": {"ownerAllowFrom": ["env:HOST"]}}, {"commands": {"ownerAllowFrom": ["example.org"]}}),
        ({"nonsense": {"x": "${NOPE}"}}, {"nonsense": {"x": "${NOPE}"}}),
    ],
)  # fmt: skip
def test_texts_are_filled_in_and_secrets_stay_references(
    raw: dict[str, Any], expanded: dict[str, Any]
) -> None:
    expansion = Expansion(ENVIRON)

    assert expansion.expanded(raw, ROOT) == expanded
    assert expansion.problems == []


@pytest.mark.parametrize(
    ("raw", "key", "said"),
    [
        ({"gateway": {"auth": {"token": "${NOPE}"}}}, "gateway.auth.token", "variable NOPE is not set"),
        ({"agents": {"list": [{"id": "${NOPE}"}]}}, "agents.list[0].id", "This agent is left out"),
        ({"channels": {"telegram": {"apiRoot": "env:NOPE"}}}, "channels.telegram.apiRoot", "This channel is off"),
        ({"channels": {"telegram": {"botToken": {"source": "exec", "id": "x"}}}}, "channels.telegram.botToken", "'exec' is not read here"),
        ({"channels": {"telegram": {"botToken": {"source": "file", "id": "/x"}}}}, "channels.telegram.botToken", "names no file"),
    ],
)  # fmt: skip
def test_what_is_missing_is_told_with_what_it_costs(raw: dict[str, Any], key: str, said: str) -> None:
    expansion = Expansion(ENVIRON)

    assert expansion.expanded(raw, ROOT) == raw
    assert [problem.key for problem in expansion.problems] == [key]
    assert said in expansion.problems[0].text
    assert len(expansion.failed) == 1


def test_the_originals_file_providers_become_references(tmp_path: Path) -> None:
    store = tmp_path / "store.json"
    store.write_text('{"proxy": {"host": "10.0.0.1"}}')
    raw = {
        "secrets": {"providers": {"vault": {"source": "file", "path": str(store), "mode": "json"}, "x": 5}},
        "gateway": {
            "auth": {"token": {"source": "file", "provider": "vault", "id": "/proxy/token"}},
            "customBindHost": {"source": "file", "provider": "vault", "id": "/proxy/host"},
        },
    }

    expansion = Expansion({}, file_providers(raw))
    gateway = expansion.expanded(raw, ROOT)["gateway"]

    assert gateway == {"auth": {"token": f"file:{store}#/proxy/token"}, "customBindHost": "10.0.0.1"}
    assert expansion.secrets == {"10.0.0.1"}
