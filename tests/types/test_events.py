from openclaw.types.events import TextDelta


def test_whoever_watches_is_told_what_may_be_shown() -> None:
    assert TextDelta("r1", "k", "as it is").seen == "as it is"
    assert TextDelta("r1", "k", "see http://a.b", "see ").seen == "see "
    assert TextDelta("r1", "k", "held back", "").seen == ""
