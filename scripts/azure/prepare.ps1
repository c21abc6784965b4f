#Requires -Version 7.4
# The twin of prepare for Windows: the policy is checked, and the key vault with the app's secrets is made.
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '../..')
if (-not (Test-Path policy.toml)) {
    [Console]::Error.WriteLine('There is no policy.toml. Copy policy.example.toml, fill it in, and run this again.')
    exit 1
}
& scripts/setup.ps1
if ($LASTEXITCODE) { exit $LASTEXITCODE }
& scripts/azure/python.ps1 -m domain.policy.check --without-secrets policy.toml
if ($LASTEXITCODE) { exit $LASTEXITCODE }
& scripts/azure/python.ps1 -m scripts.azure.prepare
exit $LASTEXITCODE
