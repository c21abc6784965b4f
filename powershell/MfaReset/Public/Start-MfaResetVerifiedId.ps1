function Start-MfaResetVerifiedId {
    <#
    .SYNOPSIS
    Asks a user for their Verified ID, and returns the address that opens their wallet.
    .PARAMETER Id
    The id of the request. It has to wait for evidence of the user.
    .PARAMETER UserPrincipalName
    The user, by user principal name or object id.
    .EXAMPLE
    (Start-MfaResetVerifiedId $request.id adele@contoso.com).url
    .OUTPUTS
    The address, a QR code of it, and until when both can be used.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)] [string] $Id,
        [Parameter(Mandatory, Position = 1)] [string] $UserPrincipalName
    )
    process {
        if ($PSCmdlet.ShouldProcess($UserPrincipalName, 'Ask for a Verified ID')) {
            Invoke-MfaResetApi "$(Get-MfaResetTargetAddress $Id $UserPrincipalName)/verification/verified-id" -Method POST
        }
    }
}
