import json

import pytest

from openclaw.channels.twilio.problems import RefusalError
from openclaw.channels.twilio.registration import best, campaign_standing
from openclaw.channels.twilio.rest import open_rest
from openclaw.channels.twilio.signature import Credentials
from openclaw.types.dealings import Registration
from openclaw.types.secrets import Secret
from tests.fakes import FakeTwilio

SERVICE, BRAND, FREE = "MG" + "1" * 32, "BN" + "1" * 32, "+18335550100"


@pytest.mark.parametrize(
    ("campaign", "brand", "identity", "standing"),
    [
        ("VERIFIED", "APPROVED", "VERIFIED", "approved"),
        ("VERIFIED", "APPROVED", "VETTED_VERIFIED", "approved"),
        ("VERIFIED", "APPROVED", "SELF_DECLARED", "approved"),
        ("VERIFIED", "APPROVED", "UNVERIFIED", "denied"),
        ("IN_PROGRESS", "APPROVED", "VERIFIED", "pending"),
        ("VERIFIED", "IN_REVIEW", "VERIFIED", "pending"),
        ("IN_PROGRESS", "FAILED", "VERIFIED", "denied"),
        ("FAILED", "APPROVED", "VERIFIED", "denied"),
        ("SUSPENDED", "APPROVED", "VERIFIED", "denied"),
        ("VERIFIED", "SUSPENDED", "VERIFIED", "denied"),
        ("", "", "", "denied"),
    ],
)
def test_campaign_and_brand_must_both_be_approved(
    campaign: str, brand: str, identity: str, standing: Registration
) -> None:
    assert campaign_standing(campaign, brand, identity) == standing


def test_one_good_campaign_is_enough_and_none_is_too_few() -> None:
    assert best(["denied", "approved", "pending"]) == "approved"
    assert best([]) == "denied"


def serve(twilio: FakeTwilio, path: str, body: dict[str, object]) -> None:
    """A page of a list is named after its only key."""
    page = {"key": next(iter(body)), "page": 0, "page_size": 50, "url": "", "next_page_url": None}
    twilio.files[path] = ("application/json", json.dumps({"meta": page, **body}).encode())


def serve_campaign(twilio: FakeTwilio, campaign: str, brand: str = "APPROVED", *, number: str = "") -> None:
    serve(twilio, "/v1/Services", {"services": [{"sid": SERVICE}]})
    serve(
        twilio,
        f"/v1/Services/{SERVICE}/PhoneNumbers",
        {"phone_numbers": [{"sid": "PN1", "phone_number": number or twilio.number}]},
    )
    listed = {"sid": "QE1", "brand_registration_sid": BRAND, "campaign_status": campaign}
    serve(twilio, f"/v1/Services/{SERVICE}/Compliance/Usa2p", {"compliance": [listed]})
    serve(
        twilio,
        f"/v1/a2p/BrandRegistrations/{BRAND}",
        {"sid": BRAND, "status": brand, "identity_status": "VERIFIED"},
    )


async def look(twilio: FakeTwilio, number: str = "", service: str | None = None) -> Registration:
    rest = await open_rest(Credentials(twilio.account_sid, Secret(twilio.token)), twilio.url, 5)
    try:
        return await rest.registration(number or twilio.number, service)
    finally:
        await rest.aclose()


@pytest.mark.parametrize("service", [None, SERVICE])
@pytest.mark.parametrize(
    ("campaign", "standing"), [("VERIFIED", "approved"), ("IN_PROGRESS", "pending"), ("FAILED", "denied")]
)
async def test_a_long_code_stands_as_the_campaign_of_its_service(
    twilio: FakeTwilio, service: str | None, campaign: str, standing: Registration
) -> None:
    serve_campaign(twilio, campaign)
    assert await look(twilio, service=service) == standing


async def test_a_number_in_no_service_is_registered_nowhere(twilio: FakeTwilio) -> None:
    serve_campaign(twilio, "VERIFIED", number="+12025550147")
    assert await look(twilio) == "denied"


@pytest.mark.parametrize(
    ("status", "standing"),
    [("TWILIO_APPROVED", "approved"), ("IN_REVIEW", "pending"), ("TWILIO_REJECTED", "denied")],
)
async def test_a_toll_free_number_is_verified_by_itself(
    twilio: FakeTwilio, status: str, standing: Registration
) -> None:
    twilio.numbers.append({"sid": "PN7", "phone_number": FREE})
    serve(twilio, "/v1/Tollfree/Verifications", {"verifications": [{"sid": "HH1", "status": status}]})
    assert await look(twilio, FREE) == standing


async def test_a_refusal_is_no_status(twilio: FakeTwilio) -> None:
    with pytest.raises(RefusalError):
        await look(twilio)
