#Requires -Version 7.4
# Runs the Python of .venv in the root of the checkout: & scripts/azure/python.ps1 -m scripts.azure.prepare
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '../..')
$python = Join-Path $PWD ($IsWindows ? '.venv/Scripts/python.exe' : '.venv/bin/python')
& $python @args
exit $LASTEXITCODE
