"""`/v1/chat/completions`, `/v1/responses` and `/v1/models`. Behind the token."""

from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from openclaw.web.api.bodies import Answer
from openclaw.web.config import EndpointsConfig
from openclaw.web.desk import House


def openai_routes(house: House, endpoints: EndpointsConfig) -> Sequence[BaseRoute]:
    # What answers is loaded with the first request: fifteen modules that a start need not wait for.
    def completions() -> Answer:
        from openclaw.web.openai import answers

        return answers.completions(house)

    def responses() -> Answer:
        from openclaw.web.openai import answers

        return answers.responses(house)

    def models() -> Answer:
        from openclaw.web.openai import answers

        return answers.models(house.desk)

    def model() -> Answer:
        from openclaw.web.openai import answers

        return answers.model(house.desk)

    routes: list[BaseRoute] = []
    if endpoints.chat_completions.enabled:
        routes.append(Route("/v1/chat/completions", _late(completions), methods=["POST"]))
    if endpoints.responses.enabled:
        routes.append(Route("/v1/responses", _late(responses), methods=["POST"]))
    if routes:
        routes.append(Route("/v1/models", _late(models), methods=["GET"]))
        routes.append(Route("/v1/models/{id:path}", _late(model), methods=["GET"]))
    return routes


def _late(make: Callable[[], Answer]) -> Answer:
    async def answer(request: Request) -> Response:
        return await make()(request)

    return answer
