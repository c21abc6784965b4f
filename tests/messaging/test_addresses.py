"""Where callbacks may go, address by address, and that the address that was checked is the one that is called."""

import pytest

from messaging.addresses import allowed_addresses, is_allowed
from messaging.errors import AddressNotAllowedError

PUBLIC = ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"]
PRIVATE = ["10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fc00::1", "fd12:3456::1", "::ffff:10.0.0.1"]
# Metadata of clouds, this machine under all its names, broadcast, unspecified.
NEVER = [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "fe80::1",
    "fe80::1%eth0",
    "127.0.0.1",
    "127.9.9.9",
    "::1",
    "::ffff:127.0.0.1",
    "0.0.0.0",  # noqa: S104 - an address that must not be called
    "::",
    "224.0.0.1",
    "ff02::1",
    "240.0.0.1",
    "255.255.255.255",
    "not an address",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_called(address: str) -> None:
    assert is_allowed(address)
    assert is_allowed(address, allow_private=True)


@pytest.mark.parametrize("address", [*PRIVATE, "2002:0a00:0001::1", "64:ff9b::a00:1"])
def test_private_addresses_only_where_the_policy_says_so(address: str) -> None:
    assert not is_allowed(address)
    assert is_allowed(address, allow_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_some_never(address: str) -> None:
    assert not is_allowed(address)
    assert not is_allowed(address, allow_private=True)


@pytest.mark.parametrize("address", ["192.0.2.1", "198.18.0.1", "192.0.0.8", "2001:db8::1"])
def test_addresses_of_documents_and_benches_lead_nowhere(address: str) -> None:
    assert not is_allowed(address, allow_private=True)


async def test_only_plain_names_of_this_machine_lead_to_it() -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1", "10.0.0.1"]

    assert await allowed_addresses("localhost", 80, allow_private=True, resolve=resolve) == ["127.0.0.1"]
    assert await allowed_addresses("127.0.0.1", 80, allow_private=False, resolve=resolve) == ["127.0.0.1"]
    assert await allowed_addresses("hooks.example", 443, allow_private=True, resolve=resolve) == ["10.0.0.1"]
    with pytest.raises(AddressNotAllowedError):
        await allowed_addresses("hooks.example", 443, allow_private=False, resolve=resolve)


async def test_what_is_checked_is_what_is_answered_first() -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        return ["169.254.169.254", "93.184.215.14", "93.184.215.14"]

    assert await allowed_addresses("a.example", 443, allow_private=False, resolve=resolve) == ["93.184.215.14"]
