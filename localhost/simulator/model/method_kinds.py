"""The kinds of authentication method, and what is particular about each."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, eq=False)  # there is one of each: compared by identity
class Kind:
    name: str  # `#microsoft.graph.<name>AuthenticationMethod`
    collection: str  # the typed collection under `/users/{id}/authentication/`
    reported: str  # its word in userRegistrationDetails.methodsRegistered [d]
    removal: Literal["delete", "ref", "never"] = "delete"
    beta_only: bool = False
    guid_ids: bool = True
    can_be_default: bool = False  # it can satisfy a preference for secondary authentication

    @property
    def odata_type(self) -> str:
        # The name of the external kind ends that way already. [d]
        stem = self.name if self.name.endswith("AuthenticationMethod") else f"{self.name}AuthenticationMethod"
        return f"#microsoft.graph.{stem}"


PASSWORD = Kind("password", "passwordMethods", "password", removal="never")  # not deletable [d]
PHONE = Kind("phone", "phoneMethods", "mobilePhone", can_be_default=True)
AUTHENTICATOR = Kind(
    "microsoftAuthenticator", "microsoftAuthenticatorMethods", "microsoftAuthenticatorPush", can_be_default=True
)
SOFTWARE_OATH = Kind("softwareOath", "softwareOathMethods", "softwareOneTimePasscode", can_be_default=True)
# Hardware OATH is on beta only and absent from the SDK. [c][d]
HARDWARE_OATH = Kind(
    "hardwareOath", "hardwareOathMethods", "hardwareOneTimePasscode", beta_only=True, can_be_default=True
)
# Ids of passkeys and Windows Hello keys are not GUIDs. [d]
FIDO2 = Kind("fido2", "fido2Methods", "fido2SecurityKey", guid_ids=False)
WINDOWS_HELLO = Kind(
    "windowsHelloForBusiness", "windowsHelloForBusinessMethods", "windowsHelloForBusiness", guid_ids=False
)
EMAIL = Kind("email", "emailMethods", "email")
ACCESS_PASS = Kind("temporaryAccessPass", "temporaryAccessPassMethods", "temporaryAccessPass")
PLATFORM_CREDENTIAL = Kind("platformCredential", "platformCredentialMethods", "macOsSecureEnclaveKey", guid_ids=False)
# Deleted through `/{id}/$ref`, which the SDK's builder leaves out. [c][d]
EXTERNAL = Kind("externalAuthenticationMethod", "externalAuthenticationMethods", "externalAuthMethod", removal="ref")

ALL = (
    PASSWORD,
    PHONE,
    AUTHENTICATOR,
    SOFTWARE_OATH,
    HARDWARE_OATH,
    FIDO2,
    WINDOWS_HELLO,
    EMAIL,
    ACCESS_PASS,
    PLATFORM_CREDENTIAL,
    EXTERNAL,
)
IN_V1 = tuple(kind for kind in ALL if not kind.beta_only)
BY_NAME = {kind.name: kind for kind in ALL}
BY_COLLECTION = {kind.collection: kind for kind in ALL}

# The same for every user of every tenant. [d]
PHONE_IDS = {
    "mobile": "3179e48a-750b-4051-897c-87b9720928f7",
    "alternateMobile": "b6332ec1-7057-4abe-9331-3d72feddfe41",
    "office": "e37fc753-ff3b-4958-9484-eaa9425c82bc",
}
PASSWORD_ID = "28c10230-6103-485e-b985-444c60001490"  # noqa: S105 - an id that Microsoft documents
EMAIL_ID = "3ddfcfc8-9383-446f-83cc-3ab9be4be18f"

PHONE_REPORTED = {"mobile": "mobilePhone", "alternateMobile": "alternateMobilePhone", "office": "officePhone"}
