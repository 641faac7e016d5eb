from ipaddress import ip_address

import pytest

from openclaw.net.resolving import SystemResolver


async def test_this_machines_own_name_leads_to_itself() -> None:
    found = await SystemResolver().addresses("localhost", 80)

    assert ip_address("127.0.0.1") in found or ip_address("::1") in found
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("host", ["x" * 64 + ".example.org", "nobody.invalid"])
async def test_a_name_without_an_address_is_an_error_of_the_system(host: str) -> None:
    with pytest.raises(OSError):  # noqa: PT011 - every system words it in its own way
        await SystemResolver().addresses(host, 80)
