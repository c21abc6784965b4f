"""The forecast of generated tenants is the oracle's, which tries every sign-in; `python -m bench.forecast` looks at more of them."""

from tests.forecast.compare import Difference, compare


async def test_generated_tenants_are_forecast_as_the_oracle_says() -> None:
    result = await compare(150, seed=7)
    assert not result.towards_safe
    assert result.equal == 150, result.differences
    assert set(result.truths) == {"mustRegister", "keepsStrongMethod", "passwordOnly", "cannotRegister", "unknown"}


def test_promising_more_than_holds_is_wrong_towards_safe() -> None:
    pairs = [("mustRegister", "passwordOnly"), ("keepsStrongMethod", "mustRegister"), ("mustRegister", "unknown")]
    assert all(Difference("t", "u", *pair).towards_safe for pair in pairs)
    pairs = [("passwordOnly", "mustRegister"), ("unknown", "keepsStrongMethod"), ("mustRegister", "keepsStrongMethod")]
    assert not any(Difference("t", "u", *pair).towards_safe for pair in pairs)
