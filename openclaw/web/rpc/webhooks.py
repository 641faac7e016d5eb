"""The public paths, as the control plane tells of them."""

from openclaw.web.desk import House, Json
from openclaw.web.rpc.handshake import Caller
from openclaw.web.rpc.params import Params


class WebhooksList(Params):
    pass


async def list_webhooks(house: House, _: WebhooksList, __: Caller) -> Json:
    return {"webhooks": await house.desk.webhooks()}
