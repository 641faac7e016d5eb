import pytest
from pydantic import ValidationError

from openclaw.agent.tools.web.config import WebConfig


def test_a_key_alone_means_brave_and_nothing_means_duckduckgo() -> None:
    assert WebConfig().search.engine == "duckduckgo"
    assert WebConfig.model_validate({"search": {"apiKey": "env:BRAVE_API_KEY"}}).search.engine == "brave"
    assert (
        WebConfig.model_validate({"search": {"provider": "searxng", "apiKey": "k"}}).search.engine
        == "searxng"
    )


@pytest.mark.parametrize(
    "values",
    [
        {"search": {"provider": "altavista"}},
        {"search": {"maxResults": 11}},
        {"fetch": {"ports": [0]}},
        {"fetch": {"ports": [70_000]}},
        {"fetch": {"maxRedirects": 6}},
        {"fetch": {"maxChars": 1}},
    ],
)
def test_what_would_make_no_sense_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        WebConfig.model_validate(values)
