from openclaw.web.desk import Desk, House
from tests.web.fake_house import NAMEPLATE, FakeHouse


def test_the_fake_house_is_a_house() -> None:
    house: House = FakeHouse()
    desk: Desk = house.desk
    assert desk.nameplate().main_session_key == "agent:main:main"
    assert NAMEPLATE.default_agent == "main"
