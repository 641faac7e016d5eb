from openclaw.types.progress import Unwatched, say_nothing


def test_where_nobody_looks_on_work_is_done_all_the_same() -> None:
    with Unwatched().working("memory", "Writing down") as say:
        say("half", done=1, total=2)
    assert say is say_nothing
