function Get-MfaResetDelegation {
    <#
    .SYNOPSIS
    Gets who stands in for you as an approver, and who could.
    .DESCRIPTION
    Needs a sign-in: a key is no person.
    .EXAMPLE
    (Get-MfaResetDelegation).deputies
    .OUTPUTS
    An object with approvers (the addresses under which you are asked), delegate, until and deputies.
    #>
    [CmdletBinding()]
    [OutputType('MfaReset.Delegation')]
    param()
    $found = Invoke-MfaResetApi '/api/delegation'
    $found.PSObject.TypeNames.Insert(0, 'MfaReset.Delegation')
    $found
}
