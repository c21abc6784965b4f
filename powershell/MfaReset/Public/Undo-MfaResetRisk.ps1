function Undo-MfaResetRisk {
    <#
    .SYNOPSIS
    Dismisses the risk of users that a request confirmed.
    .PARAMETER Id
    The id of the request. It has to have ended.
    .PARAMETER UserPrincipalName
    Only these users, by user principal name or object id. Default: all for whom it is possible.
    .PARAMETER Operator
    Your mail address. Needed with a key, refused when signed in.
    .EXAMPLE
    Undo-MfaResetRisk $request.id -Operator second@msp.example
    .OUTPUTS
    For how many users it was asked, and of the named ones who was left and why.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)] [string] $Id,
        [string[]] $UserPrincipalName,
        [string] $Operator
    )
    process {
        if ($PSCmdlet.ShouldProcess($Id, 'Dismiss the risk of users')) {
            Send-MfaResetRelease $Id dismiss-risk $UserPrincipalName $Operator
        }
    }
}
