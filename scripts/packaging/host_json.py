"""host.json as it is deployed: that of the checkout, or with the durable state in a Durable Task Scheduler.

Azure's scale controller learns of `durableTask` what the file says, and nothing of settings like `AzureFunctionsJobHost__...`; it
resolves `%...%` in the hub's name alone. So the kind of storage has to be written in the file.
Sources: ReadDurableTaskConfig in
https://github.com/Azure/azure-functions-host/blob/dev/src/WebJobs.Script.WebHost/Management/FunctionsSyncManager.cs,
ResolveAppSettingOptions in
https://github.com/Azure/azure-functions-durable-extension/blob/dev/src/WebJobs.Extensions.DurableTask/Options/DurableTaskOptions.cs,
https://github.com/Azure/azure-functions-durable-extension/issues/2622 and /2803.
"""

import json
from pathlib import Path
from typing import Any

# Source: https://learn.microsoft.com/azure/durable-task/scheduler/quickstart-durable-task-scheduler. The settings of Azure Storage
# (polling, visibility of messages) mean nothing there.
SCHEDULER = {"type": "azureManaged", "connectionStringName": "DURABLE_TASK_SCHEDULER_CONNECTION_STRING"}


def host_json(root: Path, *, scheduler: bool) -> str:
    """Return the text of host.json for the one backend or the other."""
    text = (root / "host.json").read_text("utf-8")
    if not scheduler:
        return text
    host: dict[str, Any] = json.loads(text)
    host["extensions"]["durableTask"]["storageProvider"] = SCHEDULER
    return json.dumps(host, indent=2) + "\n"
