"""The proxy that docs/api.md shows gives a chunked body its length."""

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.system import ROOT, system
from tests.triggers.http.test_bodies import send_chunked

LOCATION = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs/api.md").read_text("utf-8"), re.DOTALL)[0]
CONFIG = """
pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; {location} }}
}}
"""
JSON = {"content-type": "application/json"}
BODY = b'{"targets": [{"customer": "contoso", "users": ["adele@contoso.com"]}]}'


@contextmanager
def nginx(folder: Path, upstream: str) -> Iterator[str]:
    """Start nginx with the page's configuration in front of `upstream`; the command returns once it listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    config = folder / "nginx.conf"
    config.write_text(
        CONFIG.format(folder=folder, port=port, location=LOCATION.replace("https://<your host>", upstream))
    )
    command = ["nginx", "-p", str(folder), "-c", str(config)]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        subprocess.run([*command, "-s", "stop"], check=True, capture_output=True, timeout=30)


@pytest.mark.skipif(shutil.which("nginx") is None, reason="the proxy was not tested: there is no `nginx` on PATH")
async def test_the_proxy_of_the_page_adds_the_length(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        assert (await send_chunked(it, "/api/reset-requests", BODY, JSON)).status_code == 411
        with nginx(tmp_path, it.host.base_url) as front:
            assert (await send_chunked(it, f"{front}/api/reset-requests", BODY, JSON)).status_code == 202
