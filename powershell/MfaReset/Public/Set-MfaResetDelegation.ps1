function Set-MfaResetDelegation {
    <#
    .SYNOPSIS
    Says who is asked about new requests while you, an approver, are away.
    .DESCRIPTION
    Needs a sign-in: a key is no person. Requests that wait for you already stay with you.
    .PARAMETER Delegate
    The address of another approver, or of one of the policy's delegates.
    .PARAMETER Until
    When you are back; at most 90 days from now.
    .EXAMPLE
    Set-MfaResetDelegation deputy@msp.example -Until (Get-Date).AddDays(14)
    .OUTPUTS
    An object with approvers, delegate, until and deputies.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('MfaReset.Delegation')]
    param(
        [Parameter(Mandatory, Position = 0)] [string] $Delegate,
        [Parameter(Mandatory)] [DateTimeOffset] $Until
    )
    if ($PSCmdlet.ShouldProcess($Delegate, 'Have new requests asked of')) {
        $body = @{ delegate = $Delegate; until = $Until.ToString('o') }
        $found = Invoke-MfaResetApi '/api/delegation' -Method PUT -Body $body
        $found.PSObject.TypeNames.Insert(0, 'MfaReset.Delegation')
        $found
    }
}
