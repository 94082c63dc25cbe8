from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from aiohttp import web

from intermt.errors import ConfigError, PermissionRefused, ProtocolMismatch, ServerUnreachable
from intermt.servers.client import Client
from intermt.servers.discovery import Served
from tests.servers.local import FAST, Handler, answer, no_pictures, server, serving
from tests.servers.test_client_many import dead_url


def listing(*names: str, **extra: Any) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": name, "object": "model"} for name in names], **extra}


def at(routes: dict[str, Any], status: int = 200) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        assert request.method == "GET"
        if request.path not in routes:
            return answer({"detail": "Not Found"}, 404)
        data = routes[request.path]
        return data if isinstance(data, web.Response) else answer(data, status)

    return handler


def checked(handler: Handler | None, *more: str, **options: Any) -> Served:
    environ = options.pop("environ", {})

    async def run() -> Served:
        async with serving(handler or at({})) as url:
            to = server(*([url] if handler else []), *more, **options)
            async with Client(to, no_pictures, environ=environ, pacing=FAST) as client:
                return await client.check()

    return asyncio.run(run())


def test_the_only_model_is_taken() -> None:
    served = checked(at({"/v1/models": listing("tiny")}))
    assert served == Served("tiny", ("tiny",))


def test_adapters_are_not_taken_for_models() -> None:
    data = listing("tiny", "tiny-lora")
    data["data"][1]["parent"] = "tiny"
    assert checked(at({"/v1/models": data})).model == "tiny"


def test_a_configured_model_is_kept_and_its_absence_noted() -> None:
    handler = at({"/v1/models": listing("tiny")})
    assert checked(handler, model="tiny").notes == ()
    served = checked(handler, model="big")
    assert served.model == "big"
    assert "does not list model 'big'" in served.notes[0]


def test_several_models_must_be_chosen_from() -> None:
    with pytest.raises(ConfigError, match="serves 2 models: a, b") as caught:
        checked(at({"/v1/models": listing("b", "a")}))
    assert "model" in caught.value.todo


@pytest.mark.parametrize("kind", ["draw", "edit", "retrieve"])
def test_tools_need_no_model(kind: str) -> None:
    assert checked(at({"/health": {}}), kind=kind) == Served("")
    assert checked(at({"/v1/models": listing()}), kind=kind).model == ""


def test_health_suffices_where_a_model_is_configured() -> None:
    handler = at({"/health": web.Response()})
    assert checked(handler, model="m").model == "m"


def test_a_chat_server_without_list_must_be_told_its_model() -> None:
    with pytest.raises(ProtocolMismatch, match="lists no model"):
        checked(at({"/health": {}}))


@pytest.mark.parametrize(
    "routes",
    [
        {},
        {"/v1/models": web.Response(text="<html>Welcome to nginx</html>")},
        {"/v1/models": [1]},
        {"/v1/models": {"models": {}}},
    ],
)
def test_something_else_is_a_mismatch(routes: dict[str, Any]) -> None:
    async def handler(request: web.Request) -> web.Response:
        found = routes.get(request.path)
        if isinstance(found, web.Response):
            return web.Response(body=found.body, content_type=found.content_type)
        return answer({}, 404) if found is None else answer(found)

    with pytest.raises(ProtocolMismatch) as caught:
        checked(handler, model="m")
    assert "http://127.0.0.1" in caught.value.what


def test_a_url_without_v1_is_told_where_the_api_is() -> None:
    routes = {"/v1/models": listing("tiny"), "/health": {}}

    async def run() -> None:
        async with serving(at(routes)) as url:
            to = server(url.removesuffix("/v1"))
            async with Client(to, no_pictures, environ={}, pacing=FAST) as client:
                await client.check()

    with pytest.raises(ProtocolMismatch, match=r"its API is at http://127\.0\.0\.1:\d+/v1"):
        asyncio.run(run())


def test_nothing_there_is_unreachable() -> None:
    url = dead_url()
    with pytest.raises(ServerUnreachable) as caught:
        checked(None, url)
    assert url in caught.value.what
    assert "onnect" in caught.value.what


def test_a_server_that_is_still_loading_is_unreachable() -> None:
    loading = {"error": {"code": 503, "message": "Loading model"}}
    with pytest.raises(ServerUnreachable, match="HTTP 503: Loading model"):
        checked(at({"/v1/models": loading}, 503))


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_named_by_its_variable(status: int) -> None:
    key = "lab-0123456789abcdef"
    handler = at({"/v1/models": {"error": {"message": f"bad key {key}"}}}, status)
    with pytest.raises(PermissionRefused) as caught:
        checked(handler, api_key_env="LAB_KEY", environ={"LAB_KEY": key})
    assert "LAB_KEY" in caught.value.todo
    assert key not in caught.value.what
    with pytest.raises(PermissionRefused) as caught:
        checked(handler)
    assert "api_key_env" in caught.value.todo


@pytest.mark.parametrize("value", [None, "", " ", "a\nb", "clé"])
def test_an_unset_or_odd_key_is_a_config_error(value: str | None) -> None:
    environ = {} if value is None else {"LAB_KEY": value}
    with pytest.raises(ConfigError, match="LAB_KEY") as caught:
        checked(at({}), api_key_env="LAB_KEY", environ=environ)
    assert value is None or not value.strip() or value not in caught.value.what


def test_one_working_url_is_enough_and_the_others_are_noted() -> None:
    url = dead_url()
    served = checked(at({"/v1/models": listing("tiny")}), url)
    assert served.model == "tiny"
    assert url in served.notes[0]


@pytest.mark.parametrize("by", ["header", "fingerprint"])
def test_a_stand_in_says_so(by: str) -> None:
    async def handler(request: web.Request) -> web.Response:
        if by == "header":
            return answer(listing("tiny"), headers={"X-Intermt-Simulated": "1"})
        return answer(listing("tiny", system_fingerprint="intermt-simulator-0"))

    assert checked(handler).simulated


def test_a_server_with_faults_passes() -> None:
    rng = random.Random(1)

    async def handler(request: web.Request) -> web.StreamResponse:
        fault = rng.random()
        if fault < 0.1:
            return web.Response(status=500)
        if fault < 0.2:
            return web.Response(text="<html>")
        if fault < 0.3:
            assert request.transport is not None
            request.transport.abort()
        return answer(listing("tiny"))

    async def run() -> None:
        async with serving(handler) as url:
            for _ in range(40):
                async with Client(server(url), no_pictures, environ={}, pacing=FAST) as client:
                    assert (await client.check()).model == "tiny"

    asyncio.run(run())


def test_a_server_without_url_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="no URL"):
        checked(None)
