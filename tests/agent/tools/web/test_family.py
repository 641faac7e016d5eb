from openclaw.agent.tools.web.config import WebConfig
from openclaw.agent.tools.web.family import Doors, WebFamily
from openclaw.net.door import Door
from openclaw.net.public_door import PublicDoor
from tests.agent.tools.web.engines import Keys
from tests.gateway.scripted import ControlledClock


def family(**config: object) -> WebFamily:
    return WebFamily(WebConfig.model_validate(config), Doors(Door(), PublicDoor()), ControlledClock(), Keys())


def test_every_agent_has_the_same_two_tools() -> None:
    made = family()

    assert [tool.name for tool in made.tools("main")] == ["web_search", "web_fetch"]
    assert made.tools("main") is made.tools("aurora")


def test_each_can_be_switched_off() -> None:
    assert [tool.name for tool in family(search={"enabled": False}).tools("main")] == ["web_fetch"]
    assert [tool.name for tool in family(fetch={"enabled": False}).tools("main")] == ["web_search"]


def test_a_bad_address_in_the_config_breaks_only_the_search() -> None:
    assert len(family(search={"provider": "searxng", "baseUrl": "no address"}).tools("main")) == 2
