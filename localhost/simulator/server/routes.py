"""Every endpoint of the simulator."""

from localhost.simulator.handlers import (
    access_evaluation,
    account_state,
    authentication_methods,
    beta,
    control,
    directory,
    directory_audits,
    groups,
    hardware_oath,
    inbox_messages,
    inspection,
    mail_pages,
    memberships,
    method_registration,
    method_removal,
    partner_relationships,
    registration_report,
    role_management,
    send_mail,
    sign_in_preferences,
    sign_ins,
    token_endpoint,
    users,
    verified_id,
)
from localhost.simulator.model import method_kinds
from localhost.simulator.model.method_kinds import Kind
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.protocol.query_options import Accepts
from localhost.simulator.server import accepted_options as accepts
from localhost.simulator.server import permissions
from localhost.simulator.server.router import Handler, Route, Router
from localhost.simulator.world.world import World

VERSIONS = ("v1.0", "beta")

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
        versions: tuple[str, ...] = VERSIONS, options: Accepts | None = None,
    ) -> None:  # fmt: skip
        for version in versions:
            self.router.add(verb, Route(f"/{version}{path}", handler, family, needs, removes=removes, accepts=options))

    def methods(
        self, verb: str, path: str, handler: Handler, needs: frozenset[str], *, removes: bool = False,
        options: Accepts | None = None,
    ) -> None:  # fmt: skip
        self.graph(verb, AUTHENTICATION + path, handler, "methods", needs, removes=removes, options=options)

    def read(self, path: str, handler: Handler, needs: frozenset[str], options: Accepts) -> None:
        self.graph("GET", path, handler, "directory", needs, options=options)

    def write(self, path: str, handler: Handler, needs: frozenset[str]) -> None:
        self.graph("POST", path, handler, "directory", needs)

    def own(self, verb: str, path: str, handler: Handler) -> None:
        self.router.add(verb, Route(path, control.guarded(handler), plain=True))


def _authentication(table: Table) -> None:
    read, write = permissions.METHODS_READ, permissions.METHODS_WRITE
    table.methods("GET", "/methods", authentication_methods.list_all, read)
    table.methods("GET", "/methods/{method}", authentication_methods.get_one(None), read)
    table.methods("DELETE", "/methods/{method}", method_removal.delete_nothing, write)
    for kind in method_kinds.ALL:
        _kind(table, kind)
    for verb, path, handler, needs in (
        ("GET", "signInPreferences", sign_in_preferences.get_preferences, read),
        ("PATCH", "signInPreferences", sign_in_preferences.patch_preferences, write),
        ("GET", "requirements", beta.get_requirements, permissions.PER_USER_MFA_READ),
        ("GET", "passwordlessMicrosoftAuthenticatorMethods", beta.list_passwordless, read),
        ("GET", "qrCodePinMethod", beta.get_qr_code, read),
    ):
        table.graph(verb, f"{AUTHENTICATION}/{path}", handler, "methods", needs, versions=("beta",))


def _kind(table: Table, kind: Kind) -> None:
    read, write = permissions.read_of(kind.name), permissions.write_of(kind.name)
    here, one = f"/{kind.collection}", f"/{kind.collection}/{{method}}"
    options = accepts.HARDWARE_TOKENS if kind is method_kinds.HARDWARE_OATH else None
    table.methods("GET", here, authentication_methods.list_kind(kind), read, options=options)
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
        # Its page names the wide permission only. [d hardwareoathauthenticationmethod-deactivate]
        table.methods("POST", f"{one}/deactivate", hardware_oath.deactivate, permissions.METHODS_WRITE)
        table.methods("POST", f"{one}/activate", hardware_oath.activate, write)
    elif kind is method_kinds.PHONE:
        table.methods("POST", here, method_registration.post_phone, write)
        # Of applications the page of the permission names that of phones. [d includes/permissions/
        # phoneauthenticationmethod-enablesmssignin-permissions]
        table.methods("POST", f"{one}/enableSmsSignIn", method_registration.enable_sms_sign_in, write)
    elif kind is method_kinds.FIDO2:
        table.methods("POST", here, method_registration.post_passkey, write)  # [d authentication-post-fido2methods]
    elif kind is method_kinds.ACCESS_PASS:
        table.methods("POST", here, method_registration.post_access_pass, write)


def _users(table: Table) -> None:
    user, needs = "/users/{user}", permissions.USERS_READ
    table.read("/users", users.list_users, needs, accepts.USERS)
    table.read("/users/$count", users.count_users, needs, accepts.USER_COUNT)
    table.read(user, users.get_user, needs, accepts.ONE_USER)
    table.read(f"{user}/manager", users.get_manager, needs, accepts.MANAGER)
    table.graph("PATCH", user, account_state.set_enabled, "directory", permissions.ACCOUNT_ENABLE)
    risky, needs = "/identityProtection/riskyUsers", permissions.RISKY_USERS_WRITE
    table.write(f"{risky}/confirmCompromised", account_state.set_risk("high"), needs)
    table.write(f"{risky}/dismiss", account_state.set_risk("none"), needs)
    table.write(f"{user}/revokeSignInSessions", users.revoke_sessions, permissions.SESSIONS_REVOKE)
    table.write(f"{user}/sendMail", send_mail.send_mail, permissions.MAIL_SEND)
    inbox = f"{user}/mailFolders/inbox/messages"
    table.read(inbox, inbox_messages.list_inbox, permissions.MAIL_READ, accepts.INBOX)


def _memberships(table: Table) -> None:
    user, needs, m = "/users/{user}", permissions.ROLES_READ, memberships
    role, group = "microsoft.graph.directoryRole", "microsoft.graph.group"
    for relationship, roles in (("memberOf", m.direct_roles), ("transitiveMemberOf", m.roles)):
        base = f"{user}/{relationship}"
        table.read(base, m.list_mixed(m.groups, roles), needs, accepts.RELATED_OBJECTS)
        table.read(f"{base}/{role}", m.list_cast(roles, "directoryRoles"), needs, accepts.MEMBER_OF_ROLES)
        table.read(f"{base}/{group}", m.list_cast(m.groups, "groups"), needs, accepts.MEMBER_OF_GROUPS)
    owned = f"{user}/ownedObjects"
    table.read(owned, m.list_mixed(m.owned_groups), needs, accepts.RELATED_OBJECTS)
    table.read(f"{owned}/{group}", m.list_cast(m.owned_groups, "groups"), needs, accepts.OWNED_GROUPS)


def _groups(table: Table) -> None:
    needs = permissions.GROUPS_READ
    table.read("/groups", groups.list_groups, needs, accepts.GROUPS)
    table.read("/groups/{group}/owners", groups.list_owners, needs, accepts.RELATED_OBJECTS)
    direct, transitive = "/groups/{group}/members", "/groups/{group}/transitiveMembers"
    table.read(direct, groups.list_members, needs, accepts.RELATED_OBJECTS)
    table.read(transitive, groups.list_transitive_members, needs, accepts.RELATED_OBJECTS)
    # A cast needs the parameters of advanced queries. [d group-list-members, group-list-transitivemembers]
    table.read(f"{direct}/microsoft.graph.user", groups.list_member_users, needs, accepts.MEMBER_USERS)
    table.read(f"{transitive}/microsoft.graph.user", groups.list_transitive_users, needs, accepts.MEMBER_USERS)


def _roles(table: Table) -> None:
    table.read("/directoryRoles", directory.list_roles, permissions.ROLES_READ, accepts.NO_ROLE_OPTIONS)
    members = "/directoryRoles/{role}/members"
    table.read(members, directory.list_role_members, permissions.ROLES_READ, accepts.ROLE_MEMBERS)
    managed, r = "/roleManagement/directory", role_management
    needs = permissions.ROLES_READ
    table.read(f"{managed}/roleDefinitions", r.list_definitions, needs, accepts.ROLE_DEFINITIONS)
    table.read(f"{managed}/roleAssignments", r.list_assignments, needs, accepts.ROLE_ASSIGNMENTS)
    instances, needs = f"{managed}/roleAssignmentScheduleInstances", permissions.ROLE_INSTANCES_READ
    table.read(instances, r.list_assignment_instances, needs, accepts.ROLE_ASSIGNMENT_INSTANCES)
    instances, needs = f"{managed}/roleEligibilityScheduleInstances", permissions.ROLE_ELIGIBILITY_READ
    table.read(instances, r.list_eligibility_instances, needs, accepts.ROLE_ELIGIBILITY_INSTANCES)
    instances, needs = f"/{r.GROUP_ELIGIBILITY}", permissions.GROUP_ELIGIBILITY_READ
    options = accepts.GROUP_ELIGIBILITY_INSTANCES
    table.graph("GET", instances, r.list_group_eligibility, "pim", needs, options=options)


def _tenant(table: Table) -> None:
    table.read("/organization", directory.list_organization, permissions.ORGANIZATION_READ, accepts.ORGANIZATIONS)
    path, needs = "/policies/identitySecurityDefaultsEnforcementPolicy", permissions.POLICY_READ
    table.read(path, directory.get_security_defaults, needs, accepts.SECURITY_DEFAULTS_POLICY)
    path = "/identity/conditionalAccess/policies"
    table.read(path, directory.list_access_policies, needs, accepts.ACCESS_POLICIES)
    path = "/identity/conditionalAccess/namedLocations"
    table.read(path, directory.list_named_locations, needs, accepts.NAMED_LOCATIONS)
    table.write("/identity/conditionalAccess/evaluate", access_evaluation.evaluate, permissions.ACCESS_EVALUATE)
    path, needs = "/reports/authenticationMethods/userRegistrationDetails", permissions.REPORTS_READ
    table.read(path, registration_report.list_details, needs, accepts.REGISTRATIONS)
    for version in VERSIONS:
        handler, options = directory_audits.list_audits, accepts.DIRECTORY_AUDITS
        path, too = f"/{version}/auditLogs/directoryAudits", permissions.DIRECTORY_READ
        table.router.add("GET", Route(path, handler, "directory", needs, needs_too=too, accepts=options))
    # One of the two will do, unlike for the log above. [d signin-list]
    either = permissions.REPORTS_READ | permissions.DIRECTORY_READ
    table.read("/auditLogs/signIns", sign_ins.list_sign_ins, either, accepts.SIGN_INS)
    principals, needs = directory_audits.list_service_principals, permissions.APPLICATIONS_READ
    table.read("/servicePrincipals", principals, needs, accepts.SERVICE_PRINCIPALS)


def _partner(table: Table) -> None:
    base, needs, p = "/tenantRelationships", permissions.PARTNER_READ, partner_relationships
    table.read(f"{base}/delegatedAdminCustomers", p.list_customers, needs, accepts.DELEGATED_CUSTOMERS)
    table.read(f"{base}/delegatedAdminRelationships", p.list_relationships, needs, accepts.DELEGATED_RELATIONSHIPS)


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
    table.own("POST", "/simulator/tenants/{tenant}/relationships", control.relate)
    table.own("GET", "/simulator/state/{tenant}/{user}", inspection.get_state)
    table.own("POST", "/simulator/state/{tenant}/{user}/methods", control.register)
    table.own("POST", "/simulator/state/{tenant}/{user}/eligibilities", control.make_eligible)
    table.own("POST", "/simulator/verified-id/{presentation}", verified_id.present)
    table.own("GET", "/simulator/calls", inspection.get_calls)
    table.own("DELETE", "/simulator/calls", control.clear_calls)


def build() -> Router:
    table = Table()
    _authentication(table)
    for part in (_users, _memberships, _groups, _roles, _tenant, _partner):
        part(table)
    _own(table)
    table.router.add("POST", Route("/{tenant}/oauth2/v2.0/token", token_endpoint.post_token))
    table.router.add("GET", Route("/{tenant}/v2.0/.well-known/openid-configuration", token_endpoint.get_configuration))
    table.router.add("POST", Route(verified_id.PATH, verified_id.create_presentation))
    return table.router
