"""The host inside a test leaves nothing behind, also when the app does not load."""

import socket
from pathlib import Path

import pytest

from localhost import testing
from localhost.host.http_server import bind

APPS = Path(__file__).parent / "apps"


async def test_an_app_that_does_not_load_leaves_no_socket_open(monkeypatch: pytest.MonkeyPatch) -> None:
    bound: list[socket.socket] = []

    def seen(host: str, port: int) -> socket.socket:
        bound.append(bind(host, port))
        return bound[0]

    monkeypatch.setattr(testing, "bind", seen)
    with pytest.raises(ZeroDivisionError):
        async with testing.running(APPS, script="broken_app.py"):
            pass
    assert [sock.fileno() for sock in bound] == [-1]
