"""A house in which every text that somebody else can have written is an attack on the page."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openclaw.types.clock import iso
from openclaw.web.desk import Json
from tests.gateway.phone.switchboard import Telephone
from tests.web.fake_house import NOW, FakeHouse
from tests.web.fake_office import FakeArchive

CALL, RECORDING = "CA" + "a" * 32, "RE" + "b" * 32


class HostileTools:
    def __init__(self, attacks: Sequence[str]) -> None:
        self._attacks = attacks

    async def tools(self, _: object) -> list[Json]:
        return [
            {"name": text, "origin": text, "from": text, "effect": text, "allowed": False, "rule": text}
            for text in self._attacks
        ]

    async def skills(self, _: str | None) -> Json:
        rows: list[Json] = [
            {
                "name": text,
                "description": text,
                "source": text,
                "emoji": text,
                "eligible": False,
                "reason": text,
            }
            for text in self._attacks
        ]
        return {"agentId": "main", "workspaceDir": self._attacks[0], "skills": rows}


def config_of(attacks: Sequence[str]) -> Json:
    agents: list[Json] = [
        {"id": f"a{place}", "name": text, "identity": {"name": text, "theme": text, "emoji": text}}
        for place, text in enumerate(attacks)
    ]
    return {
        "agents": {"list": agents},
        "messages": {"queue": {"byChannel": dict.fromkeys(attacks, "collect")}},
        "logging": {"redactPatterns": list(attacks)},
    }


async def furnish(house: FakeHouse, folder: Path, attacks: Sequence[str]) -> None:
    """All but what the classes of the fakes themselves answer."""
    telephone = Telephone(folder)
    house.desk.telephone = telephone.desk
    await telephone.book.add("+12015550123", attacks[0])
    archive = house.office.telephone.archive
    assert isinstance(archive, FakeArchive)
    archive.kept_texts = [_text(place, text) for place, text in enumerate(attacks)]
    archive.kept_calls = [_call(CALL if n == 0 else f"CA{n}", n, text) for n, text in enumerate(attacks)]
    archive.said = [
        {"at": iso(NOW), "by": "them", "text": text, "trace": text, "session": attacks[0]} for text in attacks
    ]
    recordings = folder / "recordings" / CALL
    recordings.mkdir(parents=True)
    (recordings / f"{RECORDING}.txt").write_text("\n".join(attacks))
    (recordings / f"{attacks[0].replace('/', '')}.txt").write_text(attacks[1])
    (folder / "workspace").mkdir()
    (folder / "workspace" / "SOUL.md").write_text("\n".join(attacks))
    house.desk.running_config = config_of(attacks)


def _text(place: int, text: str) -> dict[str, Any]:
    ends = {"from": text, "to": text, "direction": ("inbound", "outbound")[place % 2]}
    state = {
        "status": ("received", "refused")[place % 2],
        "errorCode": text,
        "reason": text,
        "streamed": True,
    }
    return {
        "id": f"SM{place}", "at": iso(NOW), "body": text, "segments": 1, "cost": 0.01, "trace": f"t_{text}",
        "retryAt": None, "purpose": text, "place": f"{9999 - place}", **ends, **state,
    }  # fmt: skip


def _call(sid: str, place: int, text: str) -> dict[str, Any]:
    return {
        "id": sid, "direction": "inbound", "from": text, "to": text, "status": text, "duration": 3, "cost": 0.01,
        "at": iso(NOW), "recorded": True, "place": f"{9999 - place}",
    }  # fmt: skip


def raw_of(attacks: Sequence[str]) -> str:
    remarks = [f"// {text}" for text in attacks]
    return "\n".join([*remarks, json.dumps(config_of(attacks), indent=1, ensure_ascii=False)])
