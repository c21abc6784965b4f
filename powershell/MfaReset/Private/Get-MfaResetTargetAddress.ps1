function Get-MfaResetTargetAddress {
    # Returns the address of a user in a request: calls about one user name them by their number there.
    param([Parameter(Mandatory)] [string] $Id, [Parameter(Mandatory)] [string] $UserPrincipalName)
    $found = @(Get-MfaReset $Id -Target | Where-Object { $_.userPrincipalName -eq $UserPrincipalName -or $_.userId -eq $UserPrincipalName })
    if ($found.Count -ne 1) {
        throw "$UserPrincipalName is $(if ($found.Count) { 'more than once' } else { 'not' }) in the request $Id."
    }
    return "/api/reset-requests/$([uri]::EscapeDataString($Id))/targets/$($found[0].number)"
}
