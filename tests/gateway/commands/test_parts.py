from tests.gateway.harness import House, said


async def test_a_long_answer_is_split_as_the_channel_takes_it_and_numbered_in_order(house: House) -> None:
    await house.receive(said("/commands"))
    await house.settled()

    numbers = await house.column("SELECT part FROM outbox ORDER BY part")
    assert numbers == list(range(len(numbers)))
    assert "/restart" in "".join(house.channel.texts())
