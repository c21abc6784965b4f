#Requires -Version 7.4
# Writes one secret of the app and has the app take it: scripts/azure/set-secret.ps1 HELPDESK_SECRET [--random]
& (Join-Path $PSScriptRoot 'python.ps1') -m scripts.azure.set_secret @args
exit $LASTEXITCODE
