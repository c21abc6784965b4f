"""A timestamp authority of the tests on this machine: OpenSSL's `ts` command behind HTTP, with a root of its own."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CONFIGURATION = """[tsa]
serial = {folder}/serial
signer_cert = {folder}/signer.pem
signer_key = {folder}/signer.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """`root` is its root certificate as PEM; `answers`: what it sends instead of a timestamp."""

    url: str
    root: Path
    broken: bytes | None = None
    asked: int = 0


@asynccontextmanager
async def timestamp_authority(folder: Path) -> AsyncIterator[Authority]:
    """Serve an authority for as long as the test needs it."""
    _make(folder)
    authority = Authority("", folder / "root.pem")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        assert "content-type: application/timestamp-query" in head
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        authority.asked += 1
        (folder / "query").write_bytes(await reader.readexactly(length))
        answer = authority.broken if authority.broken is not None else await asyncio.to_thread(_reply, folder)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\nConnection: close\r\n")
        writer.write(f"Content-Length: {len(answer)}\r\n\r\n".encode() + answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    authority.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/tsa"
    try:
        yield authority
    finally:
        server.close()
        await server.wait_closed()


def _make(folder: Path) -> None:
    folder.mkdir()
    _certificates(folder)
    (folder / "tsa.cnf").write_text(_CONFIGURATION.format(folder=folder))
    (folder / "serial").write_text("01\n")


def _reply(folder: Path) -> bytes:
    command = [
        "openssl",
        "ts",
        "-reply",
        "-config",
        "tsa.cnf",
        "-section",
        "tsa",
        "-queryfile",
        "query",
        "-out",
        "reply",
    ]
    subprocess.run(command, check=True, cwd=folder, capture_output=True)
    return (folder / "reply").read_bytes()


def _certificates(folder: Path) -> None:
    root_key, key = generate_private_key(65537, 2048), generate_private_key(65537, 2048)
    root = _certificate("Root of the tests", root_key, None, root_key, ca=True)
    signer = _certificate("Authority of the tests", key, root, root_key, ca=False)
    (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (folder / "signer.pem").write_bytes(signer.public_bytes(Encoding.PEM))
    (folder / "signer.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )


def _certificate(
    name: str, key: RSAPrivateKey, issuer: x509.Certificate | None, issuer_key: RSAPrivateKey, *, ca: bool
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if not ca:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuer_key, SHA256())
