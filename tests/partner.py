"""A policy with partner relationships, for tests of the served app."""

from pathlib import Path

from tests.system import HOME, ROOT, System


def partner_policy(folder: Path, more: str = "") -> Path:
    """The demo's policy, with the provider's own tenant as the partner's."""
    path = folder / "policy.toml"
    demo = (ROOT / "localhost/policy.demo.toml").read_text("utf-8")
    path.write_text(f'{demo}\n[partner]\ntenantId = "{HOME}"\n{more}', "utf-8")
    return path


def relate_customers(it: System) -> None:
    """Make relationships of each kind: one that ends, extends itself or has ended, and new customers with consent and without."""
    it.world.relate("home", "contoso", days=12, called="Contoso-administration-relationship-of-2024")
    it.world.relate("home", "fabrikam", auto_extend="P180D")
    it.world.relate("home", "tailspin", days=-3, status="terminated")
    it.world.relate("home", name="Northwind Traders", domain="northwind.example")
    it.world.relate("home", name="Woodgrove", domain="woodgrove.example")
    it.world.tenant("woodgrove").consented = False
