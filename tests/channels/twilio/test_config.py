import pytest
from pydantic import ValidationError

from openclaw.channels.twilio.config import TwilioConfig
from openclaw.types.secrets import SecretRef


def test_a_part_says_itself_what_differs_and_takes_the_rest_from_another() -> None:
    texts = TwilioConfig.model_validate(
        {"accountSid": "AC1", "authToken": "t", "publicWebhookUrls": ["https://a.example.org"]}
    )
    voice = TwilioConfig.model_validate({"publicWebhookUrls": "https://v.example.org"})

    whole = voice.completed_from(texts)

    assert whole.account_sid == "AC1"
    assert whole.auth_token == SecretRef("t")
    assert whole.public_webhook_urls == ("https://v.example.org",)
    assert whole.same_login(texts)
    assert not voice.same_login(texts)


@pytest.mark.parametrize(
    "url",
    [
        "a.example.org",
        "ftp://a.example.org",
        "https://a.example.org/?x=1",
        "https://u:p@a.example.org",
        "https://",
    ],
)
def test_a_base_is_an_address_and_nothing_besides(url: str) -> None:
    with pytest.raises(ValidationError):
        TwilioConfig.model_validate({"publicWebhookUrls": [url]})
