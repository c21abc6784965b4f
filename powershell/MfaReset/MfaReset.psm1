# The module: each function is in a file of its name.
Set-StrictMode -Version Latest

# What Connect-MfaReset made: the address of the service and how calls authenticate.
$script:Connection = $null

foreach ($file in Get-ChildItem -Path "$PSScriptRoot/Private", "$PSScriptRoot/Public" -Filter *.ps1) {
    . $file.FullName
}
