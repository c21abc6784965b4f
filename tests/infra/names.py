"""What Azure allows for the names of resources, by type.

Source: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules; for the Durable Task Scheduler the
pattern in its published API description (Microsoft.DurableTask, 2025-11-01).
"""

_GENERAL = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,78}[A-Za-z0-9_])?"
_INSIGHTS = r"[^*#&+:<>?@%{}\\/|]{1,259}[^*#&+:<>?@%{}\\/|. ]"
_GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

# The last part of the name, after the names of the parents.
ALLOWED = {
    "Microsoft.Authorization/roleAssignments": _GUID,
    "Microsoft.DurableTask/schedulers": r"[a-zA-Z0-9-]{3,64}",
    "Microsoft.DurableTask/schedulers/taskHubs": r"[a-zA-Z0-9-]{3,64}",
    "Microsoft.Insights/actionGroups": _INSIGHTS,
    "Microsoft.Insights/components": r"[^%&\\?/]{1,259}[^%&\\?/. ]",
    "Microsoft.Insights/diagnosticSettings": _INSIGHTS,
    "Microsoft.Insights/metricAlerts": _INSIGHTS,
    "Microsoft.Insights/scheduledQueryRules": _INSIGHTS,
    "Microsoft.Insights/webtests": _INSIGHTS,
    "Microsoft.Insights/workbooks": _GUID,
    "Microsoft.KeyVault/vaults": r"(?!.*--)[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]",
    "Microsoft.KeyVault/vaults/secrets": r"[a-zA-Z0-9-]{1,127}",
    "Microsoft.ManagedIdentity/userAssignedIdentities": r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}",
    "Microsoft.Network/networkSecurityGroups": _GENERAL,
    "Microsoft.Network/privateDnsZones": r"[a-z0-9.-]{1,63}",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks": _GENERAL,
    "Microsoft.Network/privateEndpoints": r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_])?",
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups": _GENERAL,
    "Microsoft.Network/virtualNetworks": r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_])?",
    "Microsoft.OperationalInsights/workspaces": r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]",
    "Microsoft.Resources/resourceGroups": r"[\w.()-]{0,89}[\w()-]",
    "Microsoft.ServiceBus/namespaces": r"(?!.*(-|-sb|-mgmt)$)[A-Za-z][A-Za-z0-9-]{4,48}[A-Za-z0-9]",
    "Microsoft.ServiceBus/namespaces/queues": r"[A-Za-z0-9]([A-Za-z0-9._/-]{0,258}[A-Za-z0-9])?",
    "Microsoft.ServiceBus/namespaces/topics": r"[A-Za-z0-9]([A-Za-z0-9._/-]{0,258}[A-Za-z0-9])?",
    "Microsoft.ServiceBus/namespaces/topics/subscriptions": r"[A-Za-z0-9]([A-Za-z0-9._-]{0,48}[A-Za-z0-9])?",
    "Microsoft.Storage/storageAccounts": r"[a-z0-9]{3,24}",
    "Microsoft.Storage/storageAccounts/blobServices": "default",
    "Microsoft.Storage/storageAccounts/blobServices/containers": r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    "Microsoft.Storage/storageAccounts/queueServices": "default",
    "Microsoft.Storage/storageAccounts/tableServices": "default",
    "Microsoft.Web/serverfarms": r"[A-Za-z0-9-]{1,60}",
    # 32, not 60: the Functions host takes its id from the first 32 letters, and two apps with one id and one storage account fight.
    "Microsoft.Web/sites": r"[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]",
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": "ftp|scm",
    "Microsoft.Web/sites/config": "authsettingsV2",
}
