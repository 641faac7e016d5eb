from typing import Any

import pytest

from openclaw.channels.telegram.reading.things import thing

PLACE = {"latitude": 47.4979, "longitude": 19.0402}


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ({"location": PLACE}, "[location: 47.497900, 19.040200]"),
        ({"location": {**PLACE, "live_period": 900}}, "[live location: 47.497900, 19.040200]"),
        (
            {"location": PLACE, "venue": {"title": "Zoo", "address": "Park\n1", "location": PLACE}},
            "[venue: Zoo, Park 1 (47.497900, 19.040200)]",
        ),
        (
            {"contact": {"first_name": "Bea", "phone_number": "+12015550123"}},
            "[contact: Bea, +12015550123]",
        ),
        (
            {"poll": {"question": "When?", "options": [{"text": "now"}, {"text": "never"}]}},
            "[poll: When? | now | never]",
        ),
        ({"dice": {"emoji": "🎲", "value": 4}}, "[🎲 shows 4]"),
        ({"location": {"latitude": 1}}, None),
        ({"location": {"latitude": True, "longitude": 1}}, None),
        ({"contact": {}}, None),
        ({"poll": {"options": 5}}, None),
        ({"dice": {}}, None),
        ({"location": "here"}, None),
        ({}, None),
    ],
)
def test_a_thing_is_told_in_a_line(message: dict[str, Any], line: str | None) -> None:
    assert thing(message) == line
