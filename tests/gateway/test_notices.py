import pytest

from openclaw.gateway import notices


def test_a_stranger_is_told_the_code_and_what_the_owner_does_with_it() -> None:
    lines = notices.pairing("telegram", "821071208", "ABCD2345").splitlines()

    assert "Pairing code: ABCD2345" in lines
    assert "openclaw pairing approve telegram ABCD2345" in lines
    assert "Your telegram id: 821071208" in lines


def test_the_waiting_notice_says_for_how_long() -> None:
    assert "15 minutes" in notices.model_waiting(15.0)


@pytest.mark.parametrize("notice", [notices.INTERNAL, notices.MODEL_REFUSED])
def test_a_failure_is_told_with_the_command_that_explains_it(notice: str) -> None:
    assert "`openclaw trace t_1`" in notices.with_trace(notice, "t_1")
    assert "{" not in notices.with_trace(notice, "t_1")
