import pytest

from localhost.errors import UnsupportedFunctionError
from localhost.host.route_templates import parse_route


@pytest.mark.parametrize(
    ("template", "path", "parameters"),
    [
        ("api/health", "api/health", {}),
        ("api/health", "api/health/more", None),
        ("api/a.b", "api/axb", None),
        ("users/{id}", "users/a b", {"id": "a b"}),
        ("users/{id}", "users/a/b", None),
        ("users/{id}", "users/", None),
        ("users/{id:int}", "users/12", {"id": "12"}),
        ("users/{id:int}", "users/x", None),
        (
            "users/{id:guid}",
            "users/0F8FAD5B-d9cb-469f-a165-70867728950e",
            {"id": "0F8FAD5B-d9cb-469f-a165-70867728950e"},
        ),
        ("users/{id?}", "users", {}),
        ("users/{id?}", "users/1", {"id": "1"}),
        ("files/{*rest}", "files/a/b", {"rest": "a/b"}),
        ("files/{*rest}", "files", {}),
        ("{*rest}", "a/b", {"rest": "a/b"}),
    ],
)
def test_a_route_matches_as_in_azure(template: str, path: str, parameters: dict[str, str] | None) -> None:
    assert parse_route(template).match(path) == parameters


@pytest.mark.parametrize("template", ["a/{id:regex}", "a/x{id}", "a/{id", "a/{}"])
def test_what_cannot_be_read_is_refused(template: str) -> None:
    with pytest.raises(UnsupportedFunctionError, match="cannot read"):
        parse_route(template)


def test_the_more_exact_of_two_routes_comes_first() -> None:
    templates = ["a/{*rest}", "a/{id}", "a/{id:int}", "a/b"]
    assert sorted(templates, key=lambda template: parse_route(template).rank) == templates[::-1]
