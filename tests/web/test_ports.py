import os
import socket

import pytest

from openclaw.types.errors import ConfigError, OpenClawError
from openclaw.web.config import GatewayConfig
from openclaw.web.ports import PortBusyError, bind, bind_hosts


def test_a_busy_port_is_told_with_its_holder() -> None:
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortBusyError) as busy:
            bind("127.0.0.1", port)
    assert busy.value.port == port
    assert f"pid {os.getpid()}" in busy.value.holder
    assert str(busy.value).startswith(f"port {port} on 127.0.0.1 is held by pid ")


def test_a_port_may_be_taken_again_at_once() -> None:
    with bind("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        # We close first, so the connection stays in TIME_WAIT on our port.
        with socket.create_connection(("127.0.0.1", port)):
            first.setblocking(True)
            first.accept()[0].close()
    bind("127.0.0.1", port).close()


def test_an_address_that_is_not_ours_is_said_to_be_that() -> None:
    with pytest.raises(OpenClawError, match=r"cannot listen on 203\.0\.113\.7"):
        bind("203.0.113.7", 0)


@pytest.mark.parametrize(
    ("config", "hosts"),
    [
        ({}, ("127.0.0.1",)),
        ({"bind": "auto"}, ("127.0.0.1",)),
        ({"bind": "lan"}, ("0.0.0.0",)),
        ({"bind": "custom", "customBindHost": "192.168.1.5"}, ("192.168.1.5", "127.0.0.1")),
        ({"bind": "custom", "customBindHost": "0.0.0.0"}, ("0.0.0.0",)),
    ],
)
def test_what_bind_means(config: dict[str, str], hosts: tuple[str, ...]) -> None:
    assert bind_hosts(GatewayConfig.model_validate(config), "gateway") == hosts


@pytest.mark.parametrize(
    "config", [{"bind": "tailnet"}, {"bind": "custom"}, {"bind": "custom", "customBindHost": "me"}]
)
def test_an_address_that_cannot_be_known_names_its_key(config: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"^gateway\.(bind|customBindHost)"):
        bind_hosts(GatewayConfig.model_validate(config), "gateway")
