from openclaw.cli.onboarding.answers import Answers, Bot, Key, MistakenError, Stated
from openclaw.types.secrets import Secret


def test_a_mistake_may_be_right_all_the_same_only_where_it_says_so() -> None:
    assert not MistakenError("it is not taken").anyway
    assert MistakenError("nobody answers", anyway=True).anyway


def test_answers_can_be_shown_without_their_secrets() -> None:
    secret = Stated("", Secret("sk-ant-0123456789"))
    assert "sk-ant" not in repr(Answers(Key("anthropic", secret, "m"), bot=Bot(secret, "claw_bot")))
