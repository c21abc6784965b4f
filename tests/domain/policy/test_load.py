import base64
import contextlib
import io
import json
import tomllib
from datetime import timedelta
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.durations import parse_duration
from domain.methods import STANDARD_SCOPE
from domain.policy.check import main, policy_schema
from domain.policy.files import PolicyFiles
from domain.policy.load import Policy, PolicyError, parse_policy, policy_warnings
from scripts.package import copy_policy
from settings import read_settings
from tests.system import environment

ROOT = Path(__file__).resolve().parents[3]
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
ENVIRON = {
    "HELPDESK_SECRET": SECRET,
    "HELPDESK_CALLBACK_SECRET": SECRET,
    "OLD": SECRET,
    "SHORT": "whsec_c2hvcnQ=",
    "EMPTY": "",
}

# As the contract shows it.
CONTRACT = """
[approval]
quorum = 1
expiresAfter = "24h"
remindAfter = "4h"
approvers = ["lead@msp.example"]
[approval.stepUp]
targets = 25
quorum = 2
[limits]
targetsPerRequest = 10000
inFlightPerCustomer = 8
[guards]
privilegedUsers = "stepUp"
guests = "refuse"
[customers.contoso]
tenantId = "11111111-1111-1111-1111-111111111111"
name = "Contoso"
domains = ["contoso.com"]
approvers = ["owner@contoso.com"]
protectedUsers = ["breakglass@contoso.com"]
methods = ["phone","microsoftAuthenticator","softwareOath","hardwareOath"]
[sources.helpdesk]
scheme = "standard-webhooks"
secret = "env:HELPDESK_SECRET"
approval = "required"
customers = ["contoso"]
[sources.helpdesk.fields]
ticket = "ticket.id"
requester = "ticket.agent.email"
reason = "ticket.subject"
customer = "ticket.organization"
users = "ticket.users"
[sources.helpdesk.callback]
url = "https://helpdesk.example/hooks/mfa"
secret = "env:HELPDESK_CALLBACK_SECRET"
"""

MINIMAL = """
[approval]
approvers = ["lead@msp.example"]
[customers.contoso]
tenantId = "11111111-1111-1111-1111-111111111111"
"""


def mistakes_of(text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, ENVIRON if environ is None else environ, "policy.toml")
    assert caught.value.reason == "badPolicy"
    assert all(mistake in str(caught.value) for mistake in caught.value.mistakes)
    return caught.value.mistakes


def test_the_contracts_file_is_read_whole() -> None:
    policy = parse_policy(CONTRACT, ENVIRON)
    assert policy.approval.expires_after == timedelta(hours=24)
    assert policy.approval.step_up.quorum == 2
    assert policy.customers["contoso"].methods == STANDARD_SCOPE
    source = policy.sources["helpdesk"]
    assert source.secrets == (SECRET,)
    assert source.fields is not None
    assert source.fields.users == "ticket.users"
    assert source.callback is not None
    assert source.callback.secrets == (SECRET,)
    assert policy_warnings(CONTRACT) == []


def test_what_is_left_out_has_the_contracts_values() -> None:
    assert parse_policy(MINIMAL, {}).approval.model_copy(update={"approvers": ("owner@contoso.com",)}) == parse_policy(
        CONTRACT, ENVIRON
    ).approval.model_copy(update={"approvers": ("owner@contoso.com",)})
    assert parse_policy(MINIMAL, {}).limits == parse_policy(CONTRACT, ENVIRON).limits
    assert parse_policy(MINIMAL, {}).guards == parse_policy(CONTRACT, ENVIRON).guards
    assert parse_policy(MINIMAL, {}).customers["contoso"].methods == STANDARD_SCOPE


@pytest.mark.parametrize("name", ["contoso", " ConToso ", "CONTOSO.com", "11111111-1111-1111-1111-111111111111"])
def test_a_customer_is_found_by_each_of_its_names(name: str) -> None:
    assert parse_policy(CONTRACT, ENVIRON).find_customer(name) == "contoso"


@pytest.mark.parametrize("name", ["", "Contoso Ltd", "evil.contoso.com", "contoso.com.evil.example"])
def test_nothing_else_names_a_customer(name: str) -> None:
    assert parse_policy(CONTRACT, ENVIRON).find_customer(name) is None


def test_approvers_are_the_customers_own_or_the_general_ones_and_both_after_a_step_up() -> None:
    policy = parse_policy(CONTRACT + '[customers.fabrikam]\ntenantId = "22222222-2222-2222-2222-222222222222"', ENVIRON)
    assert policy.approvers_of("contoso") == ("owner@contoso.com",)
    assert policy.approvers_of("fabrikam") == ("lead@msp.example",)
    assert policy.approvers_of("contoso", step_up=True) == ("owner@contoso.com", "lead@msp.example")
    assert policy.approvers_of("fabrikam", step_up=True) == ("lead@msp.example",)


def test_a_customer_can_have_its_own_window() -> None:
    assert parse_policy(MINIMAL, {}).in_flight_of("contoso") == 8
    assert parse_policy(MINIMAL + "inFlight = 2", {}).in_flight_of("contoso") == 2


def test_a_person_s_language_comes_before_their_domain_s_and_both_before_the_customer_s() -> None:
    policy = parse_policy(
        f'{MINIMAL}language = "de"\n[languages]\n"Ana@MSP.example" = "en"\n"contoso.com" = "en"\n"boss@contoso.com" = "de"',
        {},
    )
    for address, language in {
        "ana@msp.example": "en",
        "ANA@msp.example": "en",
        "lee@msp.example": "de",
        "lee@contoso.com": "en",
        "boss@contoso.com": "de",
        "lee@sub.contoso.com": "de",
        "": "de",
    }.items():
        assert policy.language_for(["contoso"], address) == language


def test_mails_are_in_the_language_that_their_customers_share_else_in_that_of_all_mails() -> None:
    assert parse_policy(MINIMAL, {}).language_for(["contoso"]) == "en"
    other = '[customers.fabrikam]\ntenantId = "22222222-2222-2222-2222-222222222222"\n'
    policy = parse_policy(f'{MINIMAL}language = "DE-de"\n{other}[notices]\nlanguage = "en"', {})
    assert policy.language_for(["contoso"]) == "de"
    assert policy.language_for(["fabrikam"]) == policy.language_for(["contoso", "fabrikam"]) == "en"
    assert policy.language_for([]) == policy.language_for(["unknown"]) == "en"
    everywhere = parse_policy(f'{MINIMAL}{other}[notices]\nlanguage = "de"', {})
    assert everywhere.language_for(["contoso", "fabrikam"]) == everywhere.language_for([]) == "de"


def test_several_secrets_while_one_is_replaced() -> None:
    text = CONTRACT.replace('"env:HELPDESK_SECRET"', '["env:HELPDESK_SECRET", "env:OLD"]')
    assert parse_policy(text, ENVIRON | {"HELPDESK_SECRET": SECRET, "OLD": SECRET[:-1] + "Z"}).sources[
        "helpdesk"
    ].secrets == (SECRET, SECRET[:-1] + "Z")


@pytest.mark.parametrize("token", ["", "with space", "t\u00f6ken", "line\nbreak"])
def test_a_bearers_token_must_fit_into_a_header(token: str) -> None:
    source = '[sources.x]\nscheme = "bearer"\nsecret = "env:TOKEN"\n'
    assert mistakes_of(CONTRACT + source, ENVIRON | {"TOKEN": token})[0].startswith("policy.toml:39: sources.x.secret")


def test_no_secret_shows_in_a_text_of_the_policy() -> None:
    assert SECRET not in repr(parse_policy(CONTRACT, ENVIRON))


# What is replaced by what in the contract's file, and the mistake that must be reported: line, key, words.
ONE_MISTAKE = [
    ("quorum = 1", "quorum = 0", 3, "approval.quorum", "1 or more"),
    ("quorum = 1", 'quorum = "1"', 3, "approval.quorum", "whole number"),
    ("quorum = 1", "quorm = 1", 3, "approval.quorm", "did you mean 'quorum'"),
    (
        "quorum = 1",
        "quorum = 2",
        20,
        "customers.contoso.approvers",
        "has 1 approver(s), but approval.quorum asks for 2",
    ),
    ('"24h"', '"24 hours"', 4, "approval.expiresAfter", "not a duration"),
    ('"24h"', "24", 4, "approval.expiresAfter", "length of time in quotes"),
    ('"24h"', '"0h"', 4, "approval.expiresAfter", "more than nothing"),
    ('["lead@msp.example"]', '["lead at msp"]', 6, "approval.approvers.0", "no mail address"),
    ('["lead@msp.example"]', '["a@b.example", "A@b.example"]', 6, "approval.approvers", "twice"),
    ("targets = 25", "target = 25", 8, "approval.stepUp.target", "did you mean 'targets'"),
    ("10000", "0", 11, "limits.targetsPerRequest", "1 or more"),
    ("inFlightPerCustomer = 8", "inFlightPerCustomer = 65", 12, "limits.inFlightPerCustomer", "64 or less"),
    ('"stepUp"\n', '"stepup"\n', 14, "guards.privilegedUsers", "'stepUp', 'refuse' or 'allow'"),
    ("11111111-1111-1111-1111-111111111111", "contoso", 17, "customers.contoso.tenantId", "GUID"),
    ("tenantId", "tenant_id", 17, "customers.contoso.tenant_id", "did you mean 'tenantId'"),
    ('["contoso.com"]', '["contoso"]', 19, "customers.contoso.domains.0", "no domain name"),
    ('["contoso.com"]', '["contoso.com", "Contoso.com"]', 19, "customers.contoso.domains", "twice"),
    (
        '["breakglass@contoso.com"]',
        '["breakglass"]',
        21,
        "customers.contoso.protectedUsers.0",
        "no user principal name",
    ),
    ('["phone",', '["sms",', 22, "customers.contoso.methods.0", "'phone'"),
    (
        '["contoso.com"]',
        '["contoso.com"]\nlanguage = "xx"',
        20,
        "customers.contoso.language",
        "'xx' is no language that has texts: de, en",
    ),
    ('"standard-webhooks"', '"svix"', 24, "sources.helpdesk.scheme", "'github'"),
    ('"env:HELPDESK_SECRET"', '"hunter2"', 25, "sources.helpdesk.secret", 'must be "env:NAME"'),
    ('"env:HELPDESK_SECRET"', '"env:NOT_THERE"', 25, "sources.helpdesk.secret", "NOT_THERE is missing or empty"),
    ('"env:HELPDESK_SECRET"', '["env:OLD", "env:NOT_THERE"]', 25, "sources.helpdesk.secret", "NOT_THERE"),
    ('"env:HELPDESK_SECRET"', '"env:EMPTY"', 25, "sources.helpdesk.secret", "EMPTY is missing or empty"),
    ('"env:HELPDESK_SECRET"', "[]", 25, "sources.helpdesk.secret", "env:NAME"),
    ('"env:HELPDESK_SECRET"', '"env:SHORT"', 25, "sources.helpdesk.secret", "24 to 64 bytes"),
    ('"env:HELPDESK_CALLBACK_SECRET"', '"env:SHORT"', 36, "sources.helpdesk.callback.secret", "24 to 64 bytes"),
    ('"required"', '"optional"', 26, "sources.helpdesk.approval", "'required' or 'exempt'"),
    ('customers = ["contoso"]', 'customers = ["contosso"]', 27, "sources.helpdesk.customers.0", "mean 'contoso'"),
    ('"ticket.id"', '"ticket."', 29, "sources.helpdesk.fields.ticket", "no JMESPath"),
    ('"ticket.id"', '"nope(ticket)"', 29, "sources.helpdesk.fields.ticket", "no function nope()"),
    ('users = "ticket.users"', "", 28, "sources.helpdesk.fields", "needs users"),
    ("https://helpdesk", "http://helpdesk", 35, "sources.helpdesk.callback.url", "https://"),
    ("https://helpdesk", "https://me:pw@helpdesk", 35, "sources.helpdesk.callback.url", "no user name"),
    ("https://helpdesk", "https://169.254.169.254 ", 35, "sources.helpdesk.callback.url", "no URL"),
    ("[limits]", "[limit]", 10, "limit", "did you mean 'limits'"),
    ("[customers.contoso]", '[customers."con toso"]', 16, "customers.con toso", "letters"),
]


@pytest.mark.parametrize(("old", "new", "line", "key", "words"), ONE_MISTAKE, ids=lambda value: str(value)[:30])
def test_each_mistake_is_named_by_line_and_key(old: str, new: str, line: int, key: str, words: str) -> None:
    assert old in CONTRACT
    mistakes = mistakes_of(CONTRACT.replace(old, new, 1))
    wanted = f"policy.toml:{line}: {key}: "
    assert [mistake for mistake in mistakes if mistake.startswith(wanted) and words in mistake], mistakes


def test_a_literal_secret_is_not_repeated() -> None:
    assert "hunter2" not in "".join(mistakes_of(CONTRACT.replace("env:HELPDESK_SECRET", "hunter2")))


def test_all_mistakes_come_at_once_in_the_order_of_the_file() -> None:
    text = (
        CONTRACT.replace("quorum = 1", "quorum = -1")
        .replace('["contoso"]', '["fabrikam"]')
        .replace("env:HELPDESK_CALLBACK_SECRET", "secret")
    )
    mistakes = mistakes_of(text)
    assert [mistake.split(": ")[1] for mistake in mistakes] == [
        "approval.quorum",
        "sources.helpdesk.customers.0",
        "sources.helpdesk.callback.secret",
    ]


def test_one_mistake_is_one_line_and_several_are_counted() -> None:
    with pytest.raises(PolicyError) as one:
        parse_policy(MINIMAL + "x = 1", {}, "policy.toml")
    assert str(one.value) == "policy.toml:6: customers.contoso.x: is not known"
    with pytest.raises(PolicyError) as two:
        parse_policy(MINIMAL + "x = 1\ny = 1", {}, "policy.toml")
    assert str(two.value).splitlines()[0] == "policy.toml has 2 mistakes:"


def test_invalid_toml_is_reported_with_its_line() -> None:
    assert mistakes_of("[approval]\nquorum = = 1") == ["policy.toml:2: is no TOML: Invalid value"]


def test_two_customers_cannot_share_a_tenant_or_a_domain() -> None:
    other = '[customers.other]\ntenantId = "11111111-1111-1111-1111-111111111111"\ndomains = ["CONTOSO.com"]\n'
    tenant, domain = mistakes_of(CONTRACT + other)
    assert tenant.startswith("policy.toml:38: customers.other.tenantId: '11111111-")
    assert tenant.endswith("already names the customer 'contoso'")
    assert domain == "policy.toml:39: customers.other.domains.0: 'CONTOSO.com' already names the customer 'contoso'"


def test_a_customer_without_approvers_is_a_mistake_unless_only_exempt_sources_reach_it() -> None:
    unapproved = MINIMAL.replace('["lead@msp.example"]', "[]")
    source = '\n[sources.x]\nscheme = "github"\nsecret = "env:OLD"\n'
    assert "has no approvers" in mistakes_of(unapproved)[0]
    assert "has no approvers" in mistakes_of(unapproved + source)[0]
    assert parse_policy(unapproved + source + 'approval = "exempt"', ENVIRON).customers


def test_a_step_up_that_cannot_be_met_is_a_warning() -> None:
    assert parse_policy(MINIMAL, {})
    (warning,) = policy_warnings(MINIMAL, "policy.toml")
    assert "2 approvals are needed after a step-up and contoso has 1 approver(s)" in warning


def test_lines_are_right_past_texts_and_lists_of_several_lines() -> None:
    text = (
        MINIMAL
        + 'name = """\nquorum = 1\n[limits]\n"""\ndomains = [\n  "contoso.com", # ]\n  "contoso",\n]\ninFligt = 1'
    )
    assert [mistake.split(": ")[0] for mistake in mistakes_of(text)] == ["policy.toml:10", "policy.toml:14"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9000/x", "http://[::1]/x", "http://localhost/x", "https://a.example"]
)
def test_callbacks_on_this_machine_may_be_plain(url: str) -> None:
    assert parse_policy(CONTRACT.replace("https://helpdesk.example/hooks/mfa", url), ENVIRON)


@given(st.text())
def test_any_text_is_a_policy_or_a_policy_error(text: str) -> None:
    with pytest.raises(PolicyError):
        parse_policy(text, {})


@given(st.integers(0, 2**31), st.text())
def test_a_damaged_file_gives_a_policy_or_a_policy_error(place: int, junk: str) -> None:
    place %= len(CONTRACT)
    with contextlib.suppress(PolicyError):
        parse_policy(CONTRACT[:place] + junk + CONTRACT[place + 1 :], ENVIRON)


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("90m", 5400), ("24h", 86400), ("7d", 604800), ("1d12h", 129600)]
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "h", "1", "-1h", "1.5h", "1h 30m", "30m1h", "0s", "9999d", "\u0661h"])
def test_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a duration|more than nothing"):
        parse_duration(text)


@pytest.mark.parametrize("name", ["policy.example.toml", "localhost/policy.demo.toml"])
def test_the_files_that_come_along_are_good_for_the_app_and_for_editors(name: str) -> None:
    text = (ROOT / name).read_text()
    assert parse_policy(text, ENVIRON)
    assert policy_warnings(text) == [] or name == "policy.example.toml"
    jsonschema.validate(tomllib.loads(text), json.loads(policy_schema()))


def test_the_example_with_its_commented_keys_is_good() -> None:
    lines = (ROOT / "policy.example.toml").read_text().splitlines()
    keys = ("# inFlight", "# notifyUsers", "# maxBodyBytes", "# ratePerMinute", "# methods", "# dryRun")
    examples = ("# [verification", "# authority", "# [sources", "# scheme", "# secret", "# approval")
    text = "\n".join(line.removeprefix("# ") if line.startswith((*keys, *examples)) else line for line in lines)
    tokens = {f"{name}": "a-long-enough-token" for name in ("ZENDESK_SECRET", "JIRA_SECRET", "OFFBOARDING_SECRET")}
    tokens |= {"IDPROOF_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"}
    policy = parse_policy(text, ENVIRON | tokens | {"SERVICENOW_TOKEN": "a-long-enough-token"})
    assert policy.sources.keys() == {"helpdesk", "zendesk", "jira", "offboarding", "servicenow"}
    assert policy.customers["contoso"].notify_users is False


def test_the_schema_file_is_current() -> None:
    assert (ROOT / "docs" / "policy.schema.json").read_text() == policy_schema(), "run scripts/check-policy --schema"


def test_editors_see_mistakes_too() -> None:
    bad = tomllib.loads(CONTRACT.replace('"env:HELPDESK_SECRET"', '"hunter2"'))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(bad, json.loads(policy_schema()))


CUSTOMER = 'tenantId = "22222222-2222-2222-2222-222222222222"\ndomains = ["fabrikam.com"]\n'


@pytest.fixture
def split(tmp_path: Path) -> Path:
    """A policy whose second customer has a file of its own."""
    (tmp_path / "customers").mkdir()
    (tmp_path / "customers/fabrikam.toml").write_text(CUSTOMER, "utf-8")
    (tmp_path / "customers/notes.txt").write_text("no customer", "utf-8")
    policy = tmp_path / "policy.toml"
    policy.write_text(CONTRACT, "utf-8")
    return policy


def load(path: Path) -> Policy:
    files = PolicyFiles.read(path, short=True)
    return parse_policy(files.text, ENVIRON, files.filename, files.customers)


def test_a_customer_may_have_a_file_of_its_own(split: Path) -> None:
    policy = load(split)
    assert list(policy.customers) == ["contoso", "fabrikam"]
    assert policy.find_customer("fabrikam.com") == "fabrikam"
    assert (
        policy.customers["fabrikam"]
        == parse_policy(CONTRACT + "[customers.fabrikam]\n" + CUSTOMER, ENVIRON).customers["fabrikam"]
    )


def test_all_customers_may_have_files_of_their_own(split: Path) -> None:
    split.write_text('[approval]\napprovers = ["lead@msp.example"]\n', "utf-8")
    assert list(load(split).customers) == ["fabrikam"]


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        (
            CUSTOMER + "aprovers = []\n",
            ["customers/fabrikam.toml:3: customers.fabrikam.aprovers: is not known; did you mean 'approvers'"],
        ),
        ("domains = []\n", ["customers/fabrikam.toml: customers.fabrikam.tenantId: is missing"]),
        ("domains = = 1", ["customers/fabrikam.toml:1: is no TOML: Invalid value"]),
        (
            CUSTOMER.replace("2" * 8, "1" * 8)
            .replace("2222", "1111")
            .replace("1111-222222222222", "1111-111111111111"),
            ["customers/fabrikam.toml:1: customers.fabrikam.tenantId: '11111111-"],
        ),
    ],
)
def test_a_mistake_names_the_customers_file_and_line(split: Path, text: str, mistakes: list[str]) -> None:
    (split.parent / "customers/fabrikam.toml").write_text(text, "utf-8")
    with pytest.raises(PolicyError) as error:
        load(split)
    assert [found[: len(mistake)] for found, mistake in zip(error.value.mistakes, mistakes, strict=True)] == mistakes


def test_mistakes_of_all_files_are_named_at_once(split: Path) -> None:
    split.write_text(CONTRACT + "[queu]\n", "utf-8")
    (split.parent / "customers/contoso.toml").write_text(CUSTOMER.replace("fabrikam", "other"), "utf-8")
    (split.parent / "customers/fabrikam.toml").write_text(CUSTOMER + "x = 1\n", "utf-8")
    with pytest.raises(PolicyError) as error:
        load(split)
    found = "\n".join(error.value.mistakes)
    assert "policy.toml:" in found
    assert "queu: is not known" in found
    assert "customers/contoso.toml: customers.contoso: is in policy.toml, too" in found
    assert "customers/fabrikam.toml:3: customers.fabrikam.x: is not known" in found


def test_the_command_checks_the_customers_files_too(split: Path) -> None:
    out = io.StringIO()
    assert main([str(split)], ENVIRON, out) == 0
    assert out.getvalue().endswith(f"{split} is good: 2 customers (1 in files of their own), 1 sources\n")
    (split.parent / "customers/bad key.toml").write_text(
        CUSTOMER.replace("2222-", "3333-").replace("fabrikam", "bad"), "utf-8"
    )
    out = io.StringIO()
    assert main([str(split)], ENVIRON, out) == 1
    assert str(split.parent / "customers/bad key.toml") in out.getvalue()


BASE_URL = {"PUBLIC_BASE_URL": "http://127.0.0.1"}


def test_the_service_reads_them_at_its_start(split: Path, tmp_path: Path) -> None:
    policy = read_settings(environment(tmp_path, policy=split) | ENVIRON | BASE_URL).policy
    assert list(policy.customers) == ["contoso", "fabrikam"]


def test_the_package_has_them(split: Path, tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    copy_policy(split, package)
    files = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    assert files == {"policy.toml", "customers/fabrikam.toml"}
    assert list(load(package / "policy.toml").customers) == ["contoso", "fabrikam"]


def test_the_command_exits_by_whether_the_file_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(CONTRACT)

    def run(*arguments: str, environ: dict[str, str]) -> tuple[int, str]:
        out = io.StringIO()
        return main([*arguments], environ, out), out.getvalue()

    assert run(str(file), environ=ENVIRON) == (0, f"{file} is good: 1 customers, 1 sources\n")
    assert run(str(file), "--without-secrets", environ={})[0] == 0
    assert run(str(file), environ={})[0] == 1
    assert run(str(tmp_path / "nope"), environ={})[0] == 2
    file.write_text(MINIMAL)
    assert "warning: " in run(str(file), environ={})[1]


@pytest.mark.parametrize(
    ("lines", "mistake"),
    [
        ('approvers = ["group:leads"]', "there is no 'leads' in approval.groups"),
        ('approvers = ["onCall:night"]', "there is no 'night' in approval.onCall"),
        ('approvers = ["team:leads"]', "is no mail address, and neither group:NAME nor onCall:NAME"),
        ('approvers = ["a@x.example"]\nescalateAfter = "1h"', "needs escalateTo"),
        (
            'approvers = ["a@x.example", "b@x.example"]\nquorum = 2\nescalationQuorum = 2',
            "must be more than approval.quorum",
        ),
        ('approvers = ["a@x.example"]\ngroups = {leads = "not an id"}', "must be a GUID"),
    ],
)
def test_approvers_by_name_and_escalations_have_to_make_sense(lines: str, mistake: str) -> None:
    text = f'[approval]\n{lines}\n[customers.contoso]\ntenantId = "11111111-1111-1111-1111-111111111111"\n'
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, None)
    assert mistake in str(caught.value)


@pytest.mark.parametrize(
    ("more", "warned"),
    [('["a@x.example"]', True), ('["a@x.example", "c@x.example"]', False), ('["group:leads"]', False)],
)
def test_an_escalation_that_cannot_replace_the_first_approvers_is_warned_of(more: str, warned: bool) -> None:
    text = f"""
[approval]
approvers = ["b@x.example", "d@x.example"]
groups = {{leads = "44444444-4444-4444-4444-444444444444"}}
escalateAfter = "1h"
escalateTo = {more}
[customers.contoso]
tenantId = "11111111-1111-1111-1111-111111111111"
"""
    assert any("after an escalation" in warning for warning in policy_warnings(text)) is warned


TEAMS = "https://prod-01.westeurope.logic.azure.com/workflows/0f/triggers/manual/paths/invoke?sig=c2lnbmF0dXJl"


def _with_teams(reference: str) -> str:
    return CONTRACT.replace("[approval]\n", f"[approval]\nteamsWebhook = {reference}\n", 1)


def test_the_address_for_teams_is_a_secret_that_the_policy_names() -> None:
    policy = parse_policy(_with_teams('"env:TEAMS"'), ENVIRON | {"TEAMS": TEAMS})
    assert policy.approval.teams_webhook == TEAMS
    assert "c2lnbmF0dXJl" not in repr(policy)
    assert parse_policy(_with_teams('"env:TEAMS"'), None).approval.teams_webhook == ""


@pytest.mark.parametrize(
    ("reference", "value", "words"),
    [
        (f'"{TEAMS}"', "", 'must be "env:NAME"'),
        ('["env:TEAMS"]', TEAMS, 'must be one "env:NAME"'),
        ('"env:TEAMS"', "", "TEAMS is missing or empty"),
        ('"env:TEAMS"', TEAMS.replace("https", "http"), "must start with https://"),
        ('"env:TEAMS"', "c2lnbmF0dXJl", "is no URL"),
        ('"env:TEAMS"', "https://msp.webhook.office.com/webhookb2/c2lnbmF0dXJl", "which Microsoft has retired"),
        ('"env:TEAMS"', "https://outlook.office.com/webhook/c2lnbmF0dXJl", "which Microsoft has retired"),
    ],
)
def test_an_address_for_teams_that_cannot_work_is_named_and_not_repeated(
    reference: str, value: str, words: str
) -> None:
    with pytest.raises(PolicyError) as wrong:
        parse_policy(_with_teams(reference), ENVIRON | {"TEAMS": value})
    (mistake,) = wrong.value.mistakes
    assert "approval.teamsWebhook: " in mistake
    assert words in mistake
    assert "c2lnbmF0dXJl" not in mistake
