// Secrets of the key vault. This goes through Azure's control plane, as the vault's own firewall does not: a deployment writes them
// into a vault that is closed to every network (https://learn.microsoft.com/azure/key-vault/general/network-security: its rules are
// for the data plane), and the values are in no history.
@description('Name of the key vault, of this resource group.')
param vaultName string

@description('Names of the secrets; a secret that is there gets a new version.')
param names string[]

@secure()
@description('Their values, by name.')
param values { *: string }

@description('Those whose value only holds the place: somebody has to bring the real one.')
param placeholders string[]

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' existing = {
  name: vaultName
}

resource secrets 'Microsoft.KeyVault/vaults/secrets@2026-05-15' = [for name in names: {
  // checkov:skip=CKV_AZURE_41:A key that expires by itself stops every approval and webhook; they are rotated by hand, docs/operations.md
  parent: vault
  name: name
  properties: {
    value: values[name]
    contentType: contains(placeholders, name) ? 'placeholder' : 'text/plain'
  }
}]
