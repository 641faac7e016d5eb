"""Who a request comes from, by its cookie."""

from collections.abc import Mapping

from openclaw.web.browser.cookies import is_own_page, shown
from openclaw.web.desk import LoginDesk, Recognise


def recognising(logins: LoginDesk) -> Recognise:
    async def recognise(headers: Mapping[str, str], harmless: bool) -> str | None:
        token = shown(headers)
        if token is None or not is_own_page(headers, harmless=harmless):
            return None
        return await logins.browser(token)

    return recognise
