"""The references of the app's settings to secrets: asked for anew, and looked at.

App Service keeps what a reference led to for a day, a failure too; it reads again when it is asked to:
https://learn.microsoft.com/azure/app-service/app-service-key-vault-references
"""

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from scripts.azure.cloud import Azure, CloudError, azd_environment, fail, report, required

_API = "2022-03-01"
# A role that was given a moment ago may not be known everywhere for some minutes.
_PAUSES = (10, 20, 30, 60, 60, 60, 60)


def main() -> int:
    """Refresh the references of the app of the azd environment; azd runs this after it made the resources."""
    try:
        environment = azd_environment()
        refresh(Azure(required(environment, "AZURE_SUBSCRIPTION_ID")), environment)
    except CloudError as error:
        return fail(error)
    return 0


def refresh(azure: Azure, environment: Mapping[str, str], pause: Callable[[float], None] = time.sleep) -> None:
    """Have the references read again until all lead to their secrets. Raises: CloudError if some do not."""
    path = _path(azure, environment)
    failures: dict[str, str] = {}
    for seconds in (*_PAUSES, None):
        azure.rest("post", f"{path}/refresh?api-version={_API}")
        references = azure.listed(f"{path}?api-version={_API}")
        failures = {
            one["name"]: _failure(one["properties"]) for one in references if not _leads_there(one["properties"])
        }
        if not failures:
            report(f"All {len(references)} references of the app to the key vault lead to their secrets.")
            return
        if seconds is not None:
            pause(seconds)
    lines = [f"  {name}: {why}" for name, why in sorted(failures.items())]
    raise CloudError("\n".join(["These settings do not reach their secrets; see to it, then run this again:", *lines]))


def _path(azure: Azure, environment: Mapping[str, str]) -> str:
    group, app = required(environment, "AZURE_RESOURCE_GROUP"), required(environment, "AZURE_FUNCTION_NAME")
    site = f"/subscriptions/{azure.subscription}/resourceGroups/{group}/providers/Microsoft.Web/sites/{app}"
    return f"{site}/config/configreferences/appsettings"


def _leads_there(properties: Mapping[str, Any]) -> bool:
    return properties.get("status") == "Resolved"


def _failure(properties: Mapping[str, Any]) -> str:
    return " ".join(filter(None, [properties.get("status", "unknown"), properties.get("details", "")]))


if __name__ == "__main__":
    sys.exit(main())
