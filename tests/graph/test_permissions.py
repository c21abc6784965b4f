import base64
import json

import pytest

from graph.permissions import NARROW, NARROWEST, PERMISSIONS, PHONES, WIDE, Access, missing_of, roles_in, set_of

EVERYTHING = frozenset(p.name for p in PERMISSIONS)


def _token(claims: object) -> str:
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b'=').decode()}.x"


def test_roles_are_read_from_the_token() -> None:
    assert roles_in(_token({"roles": ["A", "B"]})) == {"A", "B"}


@pytest.mark.parametrize("token", ["", "opaque", "a.b.c", "a.!.c", _token([]), _token({}), _token({"roles": "A"})])
def test_an_opaque_token_has_no_roles(token: str) -> None:
    assert roles_in(token) == frozenset()


@pytest.mark.parametrize("permission", PERMISSIONS, ids=lambda p: p.name)
def test_each_permission_is_missed(permission: object) -> None:
    missing = missing_of(EVERYTHING - {permission.name})  # type: ignore[attr-defined]
    assert missing == (permission,)
    assert Access(missing).is_enough is permission.optional  # type: ignore[attr-defined]


def test_a_wider_permission_does_as_well() -> None:
    roles = EVERYTHING - {"User.Read.All", "RoleManagement.Read.Directory", "GroupMember.Read.All"}
    assert missing_of(roles | {"Directory.Read.All"}) == ()


NARROWLY = EVERYTHING - {WIDE} | {p.name for p in NARROW}


def test_the_narrow_set_is_enough_without_the_wide_permission() -> None:
    assert (set_of(NARROWLY), missing_of(NARROWLY)) == ("narrow", ())
    assert set_of(NARROWLY | {WIDE}) == "wide"


def test_without_the_permission_for_numbers_it_is_the_narrowest_set() -> None:
    assert (set_of(NARROWLY - {PHONES}), missing_of(NARROWLY - {PHONES})) == ("narrowest", ())


@pytest.mark.parametrize("permission", NARROWEST, ids=lambda p: p.name)
def test_each_permission_of_the_narrow_set_is_missed(permission: object) -> None:
    missing = missing_of(NARROWLY - {permission.name})  # type: ignore[attr-defined]
    assert missing == (permission,)
    assert Access(missing).is_enough is permission.optional  # type: ignore[attr-defined]


def test_who_granted_neither_is_asked_for_the_wide_one() -> None:
    (missing,) = missing_of(EVERYTHING - {WIDE})
    assert missing.name == WIDE


def test_no_token_is_not_enough() -> None:
    assert not Access((), "consentMissing").is_enough
