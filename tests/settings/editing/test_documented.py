from openclaw import bundled
from openclaw.settings.editing.documented import remarks
from openclaw.settings.model import ROOT

TEXT = """
{
  // ── Money ───────
  // What may be spent,
  // see `openclaw.costs`.
  budgets: {
    // In a day.
    perDay: null, // beside it
    perTurn: 1,
  },

  // Not right above it.

  cron: { enabled: true },
  channels: {
    //telegram: {
    //  // From @BotFather.
    //  botToken: null,
    //  // By the group:
    //  // {
    //  //   "-100": {},
    //  // }
    //  groups: {},
    //},
  },
  agents: { list: [
    {
      // Who.
      id: "a",
    },
  ] },
}
"""


def test_a_key_is_explained_by_the_comment_right_above_it() -> None:
    assert remarks(TEXT, ROOT) == {
        "budgets": "What may be spent, see openclaw.costs.",
        "budgets.perDay": "In a day.",
        "channels.telegram.botToken": "From @BotFather.",
        "channels.telegram.groups": "By the group:",
        "agents.list.*.id": "Who.",
    }


def test_the_documented_config_explains_itself() -> None:
    said = remarks((bundled.config_folder() / "openclaw.json5").read_text(), ROOT)
    assert len(said) > 250
    assert said["messages.queue"] == "A message that comes while its conversation is busy."
    assert not any("──" in words for words in said.values())
