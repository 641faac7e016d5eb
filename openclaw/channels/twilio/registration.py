"""What Twilio says of a number's registration with the US carriers."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from openclaw.types.dealings import Registration

Within = Callable[[Awaitable[Any]], Awaitable[Any]]

_TOLL_FREE = ("+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888")
_BRANDS: dict[str, Registration] = {"APPROVED": "approved", "PENDING": "pending", "IN_REVIEW": "pending"}
_CAMPAIGNS: dict[str, Registration] = {"VERIFIED": "approved", "IN_PROGRESS": "pending", "PENDING": "pending"}
_TOLL_FREE_STATES: dict[str, Registration] = {
    "TWILIO_APPROVED": "approved",
    "PENDING_REVIEW": "pending",
    "IN_REVIEW": "pending",
}
_KNOWN_IDENTITIES = frozenset({"VERIFIED", "VETTED_VERIFIED", "SELF_DECLARED"})
_ORDER: tuple[Registration, ...] = ("denied", "pending", "approved")
SERVICES = 100
"""Messaging services that are looked through for a number."""


def campaign_standing(campaign: str, brand: str, identity: str) -> Registration:
    """Pure. Both must be approved; whatever is neither that nor under way counts as denied."""
    if identity and identity not in _KNOWN_IDENTITIES:
        return "denied"
    return min(_CAMPAIGNS.get(campaign, "denied"), _BRANDS.get(brand, "denied"), key=_ORDER.index)


def best(standings: Iterable[Registration]) -> Registration:
    """Pure. Of several campaigns one is enough; none at all is as good as denied: carriers take nothing."""
    return max(standings, key=_ORDER.index, default="denied")


async def look_up(client: Any, within: Within, number: str, service: str | None) -> Registration:
    """`service`: the messaging service that the number belongs to, where the config names it.

    Raises RefusalError and UnreachableError.
    """
    if number.startswith(_TOLL_FREE):
        return await _toll_free(client, within, number)
    services = [service] if service else await _services_of(client, within, number)
    found: list[Registration] = []
    for sid in services:
        for campaign in await within(client.messaging.v1.services(sid).us_app_to_person.list_async(limit=20)):
            brand = await within(
                client.messaging.v1.brand_registrations(campaign.brand_registration_sid).fetch_async()
            )
            states = (_text(campaign.campaign_status), _text(brand.status), _text(brand.identity_status))
            found.append(campaign_standing(*states))
    return best(found)


async def _services_of(client: Any, within: Within, number: str) -> list[str]:
    for service in await within(client.messaging.v1.services.list_async(limit=SERVICES)):
        numbers = client.messaging.v1.services(service.sid).phone_numbers
        if any(each.phone_number == number for each in await within(numbers.list_async(limit=1000))):
            return [str(service.sid)]  # a number belongs to one service at most
    return []


async def _toll_free(client: Any, within: Within, number: str) -> Registration:
    owned = await within(client.incoming_phone_numbers.list_async(phone_number=number, limit=20))
    found: list[Registration] = []
    for sid in [each.sid for each in owned if each.phone_number == number]:
        verifications = client.messaging.v1.tollfree_verifications
        listed = await within(verifications.list_async(tollfree_phone_number_sid=sid, limit=20))
        found += [_TOLL_FREE_STATES.get(_text(each.status), "denied") for each in listed]
    return best(found)


def _text(status: object) -> str:
    return str(getattr(status, "value", status) or "").upper()
