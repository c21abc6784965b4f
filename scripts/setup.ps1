#Requires -Version 7.4
# Makes .venv with the Python of .python-version, and installs what the hooks of azd need: the app's pinned packages and uv.
# For machines without a POSIX shell; everywhere else `make setup` installs this and what tests need. Safe to run again.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
Set-Location (Join-Path $PSScriptRoot '..')
$want = (Get-Content .python-version -TotalCount 1).Trim()
$venv = if ($IsWindows) { '.venv/Scripts/python.exe' } else { '.venv/bin/python' }

function Test-Wanted([string[]] $Command) {
    if (-not (Get-Command $Command[0] -CommandType Application -ErrorAction Ignore)) { return $false }
    $first, $rest = $Command
    try {
        (& $first @rest -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>$null) -eq $want
    } catch [System.Management.Automation.NativeCommandExitException] {
        $false # the Store's stand-in for Python, or a launcher without this version
    }
}

if (-not (Test-Wanted $venv)) {
    $found = @(@('py', "-$want"), @(, "python$want"), @(, 'python3'), @(, 'python')) | Where-Object { Test-Wanted $_ } | Select-Object -First 1
    if (-not $found) {
        [Console]::Error.WriteLine("setup: Python $want is needed and none was found. Install it (winget install Python.Python.$want) and run this again.")
        exit 1
    }
    if (Test-Path .venv) { Remove-Item .venv -Recurse -Force }
    $first, $rest = $found
    & $first @rest -m venv .venv
}
& $venv -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
& $venv -m uv pip install --quiet --require-hashes --python $venv -r requirements.txt
