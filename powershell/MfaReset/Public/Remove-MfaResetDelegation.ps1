function Remove-MfaResetDelegation {
    <#
    .SYNOPSIS
    Says that you, an approver, are back.
    .DESCRIPTION
    Needs a sign-in: a key is no person. Requests that were planned meanwhile stay with the delegate.
    .EXAMPLE
    Remove-MfaResetDelegation
    .OUTPUTS
    An object with approvers, delegate, until and deputies.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('MfaReset.Delegation')]
    param()
    if ($PSCmdlet.ShouldProcess('your delegation', 'End')) {
        $found = Invoke-MfaResetApi '/api/delegation' -Method DELETE
        $found.PSObject.TypeNames.Insert(0, 'MfaReset.Delegation')
        $found
    }
}
