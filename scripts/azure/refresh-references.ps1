#Requires -Version 7.4
# The twin of refresh-references for Windows: the app's references to its secrets are read anew, and all have to lead there.
& (Join-Path $PSScriptRoot 'python.ps1') -m scripts.azure.references
exit $LASTEXITCODE
