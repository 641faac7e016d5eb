from openclaw.types.sending import STATUSES, Verdict


def test_a_verdict_says_why_in_one_line() -> None:
    assert Verdict("block", "ten-dlc", "b14_denied").reason == "ten-dlc: b14_denied"


def test_every_outcome_has_its_status() -> None:
    assert STATUSES == {"allow": "queued", "defer": "deferred", "hold": "held", "block": "refused"}
