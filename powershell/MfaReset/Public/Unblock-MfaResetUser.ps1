function Unblock-MfaResetUser {
    <#
    .SYNOPSIS
    Unblocks the sign-in of users whom a request blocked.
    .DESCRIPTION
    The service does it within seconds; Get-MfaReset -Target says what came of it. Users who need evidence first are left as they are.
    .PARAMETER Id
    The id of the request. It has to have ended.
    .PARAMETER UserPrincipalName
    Only these users, by user principal name or object id. Default: all for whom it is possible.
    .PARAMETER Operator
    Your mail address. Needed with a key, refused when signed in.
    .EXAMPLE
    Unblock-MfaResetUser $request.id -UserPrincipalName adele@contoso.com -Operator second@msp.example
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
        if ($PSCmdlet.ShouldProcess($Id, 'Unblock users')) {
            Send-MfaResetRelease $Id unblock $UserPrincipalName $Operator
        }
    }
}
