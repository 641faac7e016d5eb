from pathlib import Path

from openclaw.migrate.planning import (
    PutConfig,
    PutFile,
    PutFolder,
    PutIndex,
    PutJobs,
    PutList,
    PutProfiles,
    PutSecrets,
    PutSession,
    planned,
)
from openclaw.migrate.records import (
    Findings,
    FoundConfig,
    FoundFolder,
    FoundJob,
    FoundList,
    FoundSecret,
    FoundSession,
    Home,
    Speaker,
    TranscriptFile,
)


def session(agent: str, key: str) -> FoundSession:
    return FoundSession(agent, key, key, {}, TranscriptFile(key), Speaker("x:1", "owner"))


def test_the_config_comes_last_and_a_list_after_what_it_names() -> None:
    findings = Findings(Home("openclaw", Path("/theirs")), FoundConfig("openclaw.json", "{}"))
    findings.secrets.append(FoundSecret("token", "invented"))
    findings.environment = "A=b\n"
    findings.profiles = {"profiles": {}}
    findings.folders.append(FoundFolder("workspace", Path("/theirs/workspace"), "workspace", "workspace"))
    findings.sessions += [session("main", "a"), session("aurora", "b"), session("main", "c")]
    findings.jobs.append(FoundJob("cron/jobs.json", {}))
    findings.lists.append(FoundList("x", "telegram", "default", ("1",)))

    steps = list(planned(findings))

    assert [type(step) for step in steps] == [
        PutSecrets,
        PutFile,
        PutProfiles,
        PutFolder,
        PutSession,
        PutSession,
        PutSession,
        PutIndex,
        PutIndex,
        PutJobs,
        PutList,
        PutConfig,
    ]
    assert "invented" not in repr(steps)


def test_lists_of_one_account_are_one() -> None:
    findings = Findings(Home("openclaw", Path("/theirs")))
    findings.lists += [
        FoundList("file", "telegram", "default", ("1", "2")),
        FoundList("database", "telegram", "default", ("2", "3")),
        FoundList("file", "telegram", "second", ("4",)),
    ]

    steps = [step for step in planned(findings) if isinstance(step, PutList)]

    assert [(step.target, step.found.ids) for step in steps] == [
        ("credentials/telegram-allowFrom.json", ("1", "2", "3")),
        ("credentials/telegram-second-allowFrom.json", ("4",)),
    ]


def test_only_a_peer_without_a_config_of_ours_asks_for_the_scope() -> None:
    peer = Findings(Home("hermes", Path("/theirs")))
    peer.sessions.append(session("main", "a"))

    assert list(planned(peer))[-1] == PutConfig(None)
    assert list(planned(Findings(Home("hermes", Path("/theirs"))))) == []
    assert list(planned(Findings(Home("openclaw", Path("/theirs"))))) == []
