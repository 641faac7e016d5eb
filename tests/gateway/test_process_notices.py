from dataclasses import replace

from openclaw.agent.tools.exec.desk import ProcessEnded
from openclaw.agent.tools.exec.running import Ending
from openclaw.gateway.process_notices import notice
from openclaw.types.messages import Address, Inbound
from tests.agent.tools.scenes import SCENE

HERE = Address("telegram", "821071206")


def test_the_conversation_that_started_a_program_hears_of_its_end() -> None:
    scene = replace(SCENE, reply_to=HERE)
    told = notice(ProcessEnded("calm-otter", "make all", Ending(2, 61.5), "error: no rule\n", scene), 5)

    assert told.key == "exec:run_1:calm-otter"
    message = told.content
    assert isinstance(message, Inbound)
    assert (message.session_key, message.reply_to, message.role) == ("agent:main:main", HERE, "owner")
    heading, command, *output = message.text.splitlines()
    assert heading == "[The program calm-otter that you started has ended: exit code 2, after 61.5 s]"
    assert command == "make all"
    assert output == ["", "error: no rule"]


def test_what_a_tainted_turn_has_started_stays_tainted() -> None:
    scene = replace(SCENE, provenances=frozenset({"owner", "web"}))
    told = notice(ProcessEnded("calm-otter", "true", Ending(0, 0.1), "", scene), 5)

    assert isinstance(told.content, Inbound)
    assert told.content.provenance == "web"
    assert told.content.text.endswith("(It wrote nothing.)")
