function Send-MfaResetRelease {
    # Asks for the undo of a containment, "unblock" or "dismiss-risk", for all users of a request or for those who are named.
    param(
        [Parameter(Mandatory)] [string] $Id,
        [Parameter(Mandatory)] [string] $Undo,
        [AllowNull()] [string[]] $UserPrincipalName,
        [string] $Operator
    )
    $body = @{}
    if ($UserPrincipalName) {
        $body.targets = @($UserPrincipalName | ForEach-Object { [int] ((Get-MfaResetTargetAddress $Id $_) -split '/')[-1] })
    }
    if ($Operator) { $body.operator = $Operator }
    Invoke-MfaResetApi "/api/reset-requests/$([uri]::EscapeDataString($Id))/$Undo" -Method POST -Body $body
}
