from openclaw.settings.life.condition import Condition


def test_a_config_like_its_file_has_nothing_to_tell() -> None:
    assert Condition().words() == []
    assert Condition().shown() == {"restartRequired": [], "fault": ""}


def test_what_is_otherwise_is_told_in_words_and_for_programs() -> None:
    condition = Condition((("gateway", "port"), ("agents", "list", 0, "id")), "line 2, column 1: no comma")

    assert condition.words() == [
        "the config file is not taken over: line 2, column 1: no comma",
        "gateway.port, agents.list[0].id wait for a restart",
    ]
    assert condition.shown()["restartRequired"] == ["gateway.port", "agents.list[0].id"]
