import pytest

from openclaw.types.messages import Brought
from openclaw.web.desk import Question
from openclaw.web.rpc.frames import RpcError
from openclaw.web.rpc.handshake import OPERATOR
from openclaw.web.rpc.methods import dispatch
from openclaw.web.rpc.params import AgentAsk, ChatSend
from openclaw.web.rpc.questions import agent_question, chat_question
from tests.web.fake_house import FakeHouse


def chat(**more: object) -> Question:
    asked = {"sessionKey": "main", "message": "hi", "idempotencyKey": "r1", **more}
    return chat_question(ChatSend.model_validate(asked), OPERATOR)


async def agent(**more: object) -> Question:
    asked = AgentAsk.model_validate({"message": "hi", "idempotencyKey": "r1", **more})
    return await agent_question(FakeHouse(), asked, OPERATOR)


def test_how_long_and_how_hard_it_thinks_holds_for_this_message() -> None:
    assert chat().settings == {}
    asked = chat(thinking="high", timeoutMs=1500, agentId="clerk")
    assert asked.settings == {"thinkingLevel": "high", "timeoutSeconds": 2}
    assert asked.agent == "clerk"
    assert chat(timeoutMs=0).settings == {}


async def test_an_agent_is_asked_with_a_model_and_a_prompt_of_the_askers() -> None:
    assert await agent() == Question("r1", "hi", "main", client=OPERATOR.client)
    asked = await agent(thinking="low", provider="openai", model="gpt-5", extraSystemPrompt="Be brief.")
    chosen = {"modelOverride": "openai/gpt-5", "providerOverride": None}
    assert asked.settings == {"thinkingLevel": "low", **chosen}
    assert asked.brought == Brought(instructions="Be brief.")
    assert (await agent(model="opus")).settings["modelOverride"] == "opus"


async def test_a_session_is_named_by_its_key_or_its_id() -> None:
    assert (await agent(sessionId="ses_2")).session_key == "agent:main:telegram:group:-100"
    assert (await agent(sessionKey="agent:clerk:main", sessionId="ses_2")).session_key == "agent:clerk:main"
    with pytest.raises(RpcError, match="there is no session with the sessionId 'ses_9'"):
        await agent(sessionId="ses_9")


@pytest.mark.parametrize(
    ("method", "more", "complaint"),
    [
        ("chat.send", {"sessionKey": "main", "thinking": "hard"}, "thinking 'hard' is not known"),
        ("agent", {"thinking": "hard"}, r"thinking 'hard' is not known \(use off"),
        ("agent", {"model": "nonsense/x"}, "no model 'nonsense/x' that may be chosen for main"),
        (
            "agent",
            {"model": "x", "provider": "nonsense", "sessionKey": "agent:clerk:main"},
            "chosen for clerk",
        ),
        ("agent", {"deliver": True}, "pass it on with the method send"),
    ],
)
async def test_what_is_not_done_is_refused(method: str, more: dict[str, object], complaint: str) -> None:
    house = FakeHouse()
    with pytest.raises(RpcError, match=complaint):
        await dispatch(house, OPERATOR, method, {"message": "hi", "idempotencyKey": "r1", **more})
    assert house.desk.questions == []
