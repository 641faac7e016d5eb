from openclaw.types.messages import Address, Inbound, Sender


def test_what_bears_a_role_of_its_own_is_the_houses() -> None:
    assert not Inbound("telegram", Sender("1"), "hello", 0).from_house
    assert not Inbound("webchat", Sender("operator"), "hello", 0, operator=True).from_house
    assert Inbound("cron", Sender("telegram:1"), "look", 0, role="member").from_house


def test_what_is_said_later_goes_to_the_number_and_not_to_the_call() -> None:
    assert Address("voice", "+12015550123", thread="CA1").lasting() == Address("voice", "+12015550123")
    topic = Address("telegram", "-100", thread="7")
    assert topic.lasting() is topic
