#Requires -Version 7.4
# The twin of build-package for Windows: azd runs it before it zips build/package.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
Set-Location (Join-Path $PSScriptRoot '../..')
if (-not (Test-Path policy.toml)) {
    [Console]::Error.WriteLine('There is no policy.toml. Copy policy.example.toml, fill it in, and run this again.')
    exit 1
}
& scripts/setup.ps1
if ($LASTEXITCODE) { exit $LASTEXITCODE }
$scheduler = $env:DURABLE_TASK_SCHEDULER -eq 'true' ? @('--durable-task-scheduler') : @()
& scripts/azure/python.ps1 -m scripts.package policy.toml @scheduler
exit $LASTEXITCODE
