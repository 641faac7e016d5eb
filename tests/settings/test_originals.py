from pathlib import Path
from typing import Any

import pytest

from openclaw.settings.loading import load
from openclaw.settings.originals import with_voice_call

PLUGIN = {
    "provider": "twilio",
    "fromNumber": "+12015550100",
    "inboundPolicy": "allowlist",
    "allowFrom": ["+12015550123"],
    "twilio": {"accountSid": "AC1", "authToken": "env:TOKEN"},
}


def plugins(**entry: Any) -> dict[str, Any]:
    return {"plugins": {"entries": {"voice-call": entry}}}


def test_the_plugin_of_the_original_becomes_our_channel() -> None:
    found = with_voice_call({**plugins(config=PLUGIN), "channels": {"telegram": {}}})

    assert "plugins" not in found
    assert found["channels"]["telegram"] == {}
    assert found["channels"]["voice"]["allowFrom"] == ["+12015550123"]
    assert found["channels"]["voice"]["accountSid"] == "AC1"


def test_what_stands_at_the_channel_counts_more() -> None:
    channels = {"voice": {"inboundPolicy": "open"}}
    found = with_voice_call({**plugins(config=PLUGIN), "channels": channels})

    assert found["channels"]["voice"]["inboundPolicy"] == "open"
    assert found["channels"]["voice"]["fromNumber"] == "+12015550100"


def test_other_plugins_stay_where_they_are() -> None:
    raw = {"plugins": {"enabled": True, "entries": {"voice-call": {"config": PLUGIN}, "other": {}}}}

    assert with_voice_call(raw)["plugins"] == {"enabled": True, "entries": {"other": {}}}


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"plugins": 5},
        {"plugins": {"entries": []}},
        {"plugins": {"entries": {"voice-call": "on"}}},
    ],
)
def test_what_is_no_plugin_is_left_as_it_is(raw: dict[str, Any]) -> None:
    assert with_voice_call(raw) == raw


@pytest.mark.parametrize(
    "raw",
    [plugins(enabled=False, config=PLUGIN), plugins(config={"provider": "telnyx"})],
)
def test_a_plugin_that_is_off_or_of_another_provider_makes_no_channel(raw: dict[str, Any]) -> None:
    assert "channels" not in with_voice_call(raw)


def test_a_file_of_the_original_is_loaded_without_a_complaint(state_dir: Path) -> None:
    (state_dir / "openclaw.json").write_text(
        """{
          channels: {sms: {accountSid: "AC2", authToken: "secret", fromNumber: "+12015550101"}},
          plugins: {entries: {"voice-call": {enabled: true, config: {
            provider: "twilio", inboundPolicy: "pairing", maxDurationSeconds: 120,
            publicUrl: "https://hooks.example.org/voice/webhook"}}}},
        }"""
    )
    (state_dir / "openclaw.json").chmod(0o600)
    loaded = load({"HOME": str(state_dir.parent), "OPENCLAW_STATE_DIR": str(state_dir)})

    voice = loaded.settings.channels.voice
    assert voice is not None
    assert (voice.inbound_policy, voice.max_duration_seconds) == ("pairing", 120)
    assert (voice.account_sid, voice.from_number) == ("AC2", "+12015550101")
    assert [
        problem.key for problem in loaded.problems if "voice" in problem.key or "plugins" in problem.key
    ] == []


def test_a_number_that_is_none_switches_the_channel_off_alone(state_dir: Path) -> None:
    (state_dir / "openclaw.json").write_text('{channels: {voice: {forwardTo: "home"}}, gateway: {port: 1}}')
    (state_dir / "openclaw.json").chmod(0o600)
    loaded = load({"HOME": str(state_dir.parent), "OPENCLAW_STATE_DIR": str(state_dir)})

    assert loaded.settings.channels.voice is None
    assert loaded.settings.gateway.port == 1
    assert "channels.voice.forwardTo" in [problem.key for problem in loaded.problems]
