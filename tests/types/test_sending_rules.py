import pytest

from openclaw.types.sending_rules import estimated_segments


@pytest.mark.parametrize(
    ("text", "segments"), [("", 1), ("a" * 153, 1), ("a" * 154, 2), ("é" * 67, 1), ("😀" * 34, 2)]
)
def test_the_estimate_is_rather_too_high(text: str, segments: int) -> None:
    assert estimated_segments(text) == segments
