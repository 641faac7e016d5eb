from openclaw.llm.auth_file import EVERY_MODEL
from openclaw.llm.catalog import ModelRef
from openclaw.llm.config import ModelsConfig
from openclaw.llm.cooling import Trouble
from openclaw.llm.profiles import Profile
from openclaw.llm.selection import Listed, Menu
from openclaw.llm.survey import model_rows, profile_row
from tests.llm.made import NOW

OPUS, HAIKU = ModelRef("anthropic", "claude-opus-4-6"), ModelRef("anthropic", "claude-haiku-4-5")
WORK = Profile("anthropic:work", "anthropic", None)


def test_a_model_is_shown_as_the_original_shows_it() -> None:
    menu = Menu(ModelsConfig(), {str(OPUS): Listed("opus"), str(HAIKU): Listed()})

    opus, haiku = model_rows(menu, OPUS, {OPUS: "high"}, frozenset({OPUS}))

    assert opus["id"] == opus["name"] == "claude-opus-4-6"
    assert (opus["provider"], opus["alias"], opus["contextWindow"]) == ("anthropic", "opus", 1_000_000)
    assert (opus["tags"], opus["reasoning"], opus["thinkingDefault"], opus["available"]) == (
        ["default"],
        True,
        "high",
        True,
    )
    assert opus["thinkingLevels"][0] == {"id": "off", "label": "off"}
    assert opus["cost"]["output"] == 25
    assert (haiku["tags"], haiku["available"], "alias" in haiku) == ([], False, False)


def test_the_default_is_listed_even_where_it_may_not_be_chosen() -> None:
    rows = model_rows(Menu(ModelsConfig(), {str(HAIKU): Listed()}), OPUS, {}, frozenset())

    assert [row["id"] for row in rows] == ["claude-opus-4-6", "claude-haiku-4-5"]


def test_a_key_is_ok_cooling_or_disabled() -> None:
    limited = Trouble("rate_limit", 1, NOW, NOW + 60_000)
    longer = Trouble("rate_limit", 2, NOW, NOW + 300_000)
    refused, unpaid = Trouble("auth", 1, NOW, None, "abc"), Trouble("billing", 1, NOW, NOW + 5)

    def state(**troubles: Trouble) -> tuple[object, ...]:
        row = profile_row(
            WORK, 0, {name.replace("every", EVERY_MODEL): each for name, each in troubles.items()}
        )
        return row["state"], row["until"], row["reason"]

    assert state() == ("ok", None, None)
    assert state(a=limited, b=longer) == ("cooling", NOW + 300_000, "rate_limit")
    assert state(a=limited, every=unpaid) == ("disabled", NOW + 5, "billing")
    assert state(a=refused) == ("disabled", None, "auth")


def test_each_model_of_a_key_is_shown() -> None:
    limited = Trouble("rate_limit", 1, NOW, NOW + 60_000)

    row = profile_row(
        WORK, NOW, {"claude-opus-4-6": limited, EVERY_MODEL: Trouble("billing", 1, NOW, NOW + 5)}
    )

    assert row["lastUsed"] == NOW
    assert row["models"] == [
        {"model": "claude-opus-4-6", "state": "cooling", "until": NOW + 60_000, "reason": "rate_limit"}
    ]
