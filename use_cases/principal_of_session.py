"""The account of a test identity: on one machine a session of the test sign-in can stand in for one of the platform."""

from uuid import NAMESPACE_DNS, uuid5

from domain.access.callers import Principal
from domain.access.console_session import LocalSession
from domain.access.sign_in import SignIn, signed_in_as
from domain.mails import mail_domain
from graph.accounts import Directory
from services import Services


async def principal_of_session(services: Services, session: LocalSession) -> Principal:
    """Return the account that the directory has for the test identity's address, signed in as strongly as was chosen.

    Raises: GraphError.
    """
    tenant_id, object_id = await _account(services, session.mail)
    return Principal(
        tenant_id=tenant_id,
        object_id=object_id,
        mails=frozenset({session.mail.casefold()}),
        name=session.mail,
        roles=frozenset(),
        sign_in=signed_in_as(session.strength, session.at) if session.strength else SignIn(),
    )


async def _account(services: Services, mail: str) -> tuple[str, str]:
    home = services.settings.graph_home_tenant
    owner = services.policy.find_customer(mail_domain(mail))
    tenants = [home] if owner is None else [services.policy.customers[owner].tenant_id, home]
    for tenant_id in tenants:
        found = await services.accounts.find(services.graph, Directory(tenant_id), [mail], services.now())
        if accounts := found[mail]:
            return tenant_id, accounts[0].partition("/")[2]
    return home, str(uuid5(NAMESPACE_DNS, mail))
