from openclaw.channels.quo.config import QuoConfig


def test_one_key_may_stand_by_itself() -> None:
    assert len(QuoConfig.model_validate({"signingKeys": "env:QUO"}).signing_keys) == 1
    assert len(QuoConfig.model_validate({"signingKeys": ["env:QUO", "env:QUO2"]}).signing_keys) == 2


def test_keys_never_show_themselves() -> None:
    assert "c2VjcmV0" not in repr(
        QuoConfig.model_validate({"signingKeys": ["c2VjcmV0"], "apiKey": "c2VjcmV0"})
    )


def test_numbers_are_read_as_people_write_them() -> None:
    read = QuoConfig.model_validate({"allowFrom": ["quo:(201) 555-0123", "*", "Rosa"]})

    assert read.allowed == ("+12015550123", "*")


def test_what_is_missing_or_mistaken_is_told_with_what_to_do() -> None:
    words = QuoConfig(allow_from=("Rosa",)).problems()

    assert [text.split()[0].rstrip(":") for text in words] == [
        "channels.quo", "channels.quo", "channels.quo.allowFrom",
    ]  # fmt: skip
    assert all("; " in text for text in words)
    assert QuoConfig(enabled=False).problems() == ()
