"""Every endpoint of the simulator."""

from localhost.simulator.handlers import (
    authentication_methods,
    beta,
    control,
    directory,
    hardware_oath,
    inbox_messages,
    inspection,
    mail_pages,
    method_registration,
    method_removal,
    registration_report,
    send_mail,
    sign_in_preferences,
    token_endpoint,
    users,
)
from localhost.simulator.model import method_kinds
from localhost.simulator.model.method_kinds import Kind
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.server.router import Handler, Route, Router
from localhost.simulator.world.world import World

VERSIONS = ("v1.0", "beta")

# Application permissions, the general one and those per type. [d]
READ_ALL, WRITE_ALL = "UserAuthenticationMethod.Read.All", "UserAuthenticationMethod.ReadWrite.All"
TYPED = {
    "phone": "Phone", "microsoftAuthenticator": "MicrosoftAuthApp", "softwareOath": "SoftwareOATH",
    "hardwareOath": "HardwareOATH", "fido2": "Passkey", "windowsHelloForBusiness": "WindowsHello", "email": "Email",
    "temporaryAccessPass": "TAP", "platformCredential": "PlatformCred", "externalAuthenticationMethod": "External",
    "password": "Password",
}  # fmt: skip
METHODS_READ = frozenset({READ_ALL, WRITE_ALL})
METHODS_WRITE = frozenset({WRITE_ALL})
USERS_READ = frozenset({"User.Read.All", "User.ReadWrite.All", "Directory.Read.All"})
ROLES_READ = frozenset({"RoleManagement.Read.Directory", "Directory.Read.All"})
POLICY_READ = frozenset({"Policy.Read.All"})

AUTHENTICATION = "/users/{user}/authentication"


def _delete(kind: Kind) -> Handler:
    def handler(world: World, request: Request) -> Response:
        return method_removal.delete(world, request, kind)

    return handler


class Table:
    def __init__(self) -> None:
        self.router = Router()

    def graph(
        self, verb: str, path: str, handler: Handler, family: str, needs: frozenset[str], *, removes: bool = False,
        versions: tuple[str, ...] = VERSIONS,
    ) -> None:  # fmt: skip
        for version in versions:
            self.router.add(verb, Route(f"/{version}{path}", handler, family, needs, removes))

    def methods(self, verb: str, path: str, handler: Handler, needs: frozenset[str], *, removes: bool = False) -> None:
        self.graph(verb, AUTHENTICATION + path, handler, "methods", needs, removes=removes)

    def directory(self, verb: str, path: str, handler: Handler, needs: frozenset[str]) -> None:
        self.graph(verb, path, handler, "directory", needs)

    def own(self, verb: str, path: str, handler: Handler) -> None:
        self.router.add(verb, Route(path, control.guarded(handler), plain=True))


def _authentication(table: Table) -> None:
    table.methods("GET", "/methods", authentication_methods.list_all, METHODS_READ)
    table.methods("GET", "/methods/{method}", authentication_methods.get_one(None), METHODS_READ)
    table.methods("DELETE", "/methods/{method}", method_removal.delete_nothing, METHODS_WRITE)
    for kind in method_kinds.ALL:
        word = TYPED[kind.name]
        read = METHODS_READ | {f"UserAuthMethod-{word}.Read.All", f"UserAuthMethod-{word}.ReadWrite.All"}
        write = METHODS_WRITE | {f"UserAuthMethod-{word}.ReadWrite.All"}
        here, one = f"/{kind.collection}", f"/{kind.collection}/{{method}}"
        table.methods("GET", here, authentication_methods.list_kind(kind), read)
        table.methods("GET", one, authentication_methods.get_one(kind), read)
        match kind.removal:
            case "never":
                table.methods("DELETE", one, method_removal.delete_password, write)
            case "ref":
                table.methods("DELETE", one, method_removal.delete_nothing, write)
                table.methods("DELETE", f"{one}/$ref", _delete(kind), write, removes=True)
            case "delete":
                handler = hardware_oath.delete if kind is method_kinds.HARDWARE_OATH else _delete(kind)
                table.methods("DELETE", one, handler, write, removes=True)
        if kind is method_kinds.HARDWARE_OATH:
            table.methods("POST", f"{one}/deactivate", hardware_oath.deactivate, write)
            table.methods("POST", f"{one}/activate", hardware_oath.activate, write)
        elif kind is method_kinds.PHONE:
            table.methods("POST", here, method_registration.post_phone, write)
        elif kind is method_kinds.ACCESS_PASS:
            table.methods("POST", here, method_registration.post_access_pass, write)
    for verb, path, handler, needs in (
        ("GET", "signInPreferences", sign_in_preferences.get_preferences, METHODS_READ),
        ("PATCH", "signInPreferences", sign_in_preferences.patch_preferences, METHODS_WRITE),
        ("GET", "requirements", beta.get_requirements, METHODS_READ),
        ("GET", "passwordlessMicrosoftAuthenticatorMethods", beta.list_passwordless, METHODS_READ),
        ("GET", "qrCodePinMethod", beta.get_qr_code, METHODS_READ),
    ):
        table.graph(verb, f"{AUTHENTICATION}/{path}", handler, "methods", needs, versions=("beta",))


def _directory(table: Table) -> None:
    user = "/users/{user}"
    table.directory("GET", "/users", users.list_users, USERS_READ)
    table.directory("GET", user, users.get_user, USERS_READ)
    table.directory("GET", f"{user}/manager", users.get_manager, USERS_READ)
    cast = "microsoft.graph"
    table.directory("GET", f"{user}/transitiveMemberOf/{cast}.directoryRole", users.list_roles, ROLES_READ)
    table.directory("GET", f"{user}/transitiveMemberOf/{cast}.group", users.list_groups, ROLES_READ)
    table.directory("GET", f"{user}/ownedObjects/{cast}.group", users.list_owned, ROLES_READ)
    revoke = frozenset({"User.RevokeSessions.All", "User.ReadWrite.All"})
    table.directory("POST", f"{user}/revokeSignInSessions", users.revoke_sessions, revoke)
    table.directory("POST", f"{user}/sendMail", send_mail.send_mail, frozenset({"Mail.Send"}))
    reads_mail = frozenset({"Mail.Read", "Mail.ReadWrite"})
    table.directory("GET", f"{user}/mailFolders/inbox/messages", inbox_messages.list_inbox, reads_mail)
    table.directory("GET", "/organization", directory.list_organization, USERS_READ | {"Organization.Read.All"})
    table.directory("GET", "/directoryRoles", directory.list_roles, ROLES_READ)
    table.directory("GET", "/directoryRoles/{role}/members", directory.list_role_members, ROLES_READ)
    defaults_policy = "/policies/identitySecurityDefaultsEnforcementPolicy"
    table.directory("GET", defaults_policy, directory.get_security_defaults, POLICY_READ)
    table.directory("GET", "/identity/conditionalAccess/policies", directory.list_access_policies, POLICY_READ)
    report = "/reports/authenticationMethods/userRegistrationDetails"
    table.directory("GET", report, registration_report.list_details, frozenset({"AuditLog.Read.All"}))


def _own(table: Table) -> None:
    table.own("GET", "/mailbox", mail_pages.list_mails)
    table.own("GET", "/mailbox.json", mail_pages.get_json)
    table.own("GET", "/mailbox/{number}", mail_pages.get_mail)
    table.own("GET", "/mailbox/{number}/body", mail_pages.get_body)
    table.own("GET", "/simulator/faults", control.list_faults)
    table.own("POST", "/simulator/faults", control.add_fault)
    table.own("DELETE", "/simulator/faults", control.clear_faults)
    table.own("POST", "/simulator/throttle", control.add_limit)
    table.own("DELETE", "/simulator/throttle", control.clear_limits)
    table.own("POST", "/simulator/settings", control.set_world)
    table.own("POST", "/simulator/bouncing", control.set_bouncing)
    table.own("POST", "/simulator/clock", control.advance_clock)
    table.own("GET", "/simulator/tenants", inspection.list_tenants)
    table.own("POST", "/simulator/tenants/{tenant}", control.set_tenant)
    table.own("GET", "/simulator/state/{tenant}/{user}", inspection.get_state)
    table.own("POST", "/simulator/state/{tenant}/{user}/methods", control.register)
    table.own("GET", "/simulator/calls", inspection.get_calls)
    table.own("DELETE", "/simulator/calls", control.clear_calls)


def build() -> Router:
    table = Table()
    _authentication(table)
    _directory(table)
    _own(table)
    table.router.add("POST", Route("/{tenant}/oauth2/v2.0/token", token_endpoint.post_token))
    table.router.add("GET", Route("/{tenant}/v2.0/.well-known/openid-configuration", token_endpoint.get_configuration))
    return table.router
