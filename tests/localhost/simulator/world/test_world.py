import pytest

from localhost.simulator import World


def test_unknown_names(world: World) -> None:
    with pytest.raises(KeyError):
        world.tenant("nobody")
    with pytest.raises(KeyError):
        world.user("contoso", "nobody@contoso.com")
