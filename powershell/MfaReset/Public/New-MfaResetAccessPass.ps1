function New-MfaResetAccessPass {
    <#
    .SYNOPSIS
    Makes the Temporary Access Pass of a user who was reset. It is returned once.
    .DESCRIPTION
    The plan of the request has to offer a pass. The service keeps it nowhere: read it to the user, and keep it in no file or log either.
    .PARAMETER Id
    The id of the request.
    .PARAMETER UserPrincipalName
    The user, by user principal name or object id.
    .PARAMETER Operator
    Your mail address. Needed with a key, refused when signed in.
    .EXAMPLE
    (New-MfaResetAccessPass $request.id adele@contoso.com -Operator second@msp.example).accessPass
    .OUTPUTS
    The pass, how often it can be used, and when it ends.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)] [string] $Id,
        [Parameter(Mandatory, Position = 1)] [string] $UserPrincipalName,
        [string] $Operator
    )
    process {
        if ($PSCmdlet.ShouldProcess($UserPrincipalName, 'Make a Temporary Access Pass')) {
            $body = if ($Operator) { @{ operator = $Operator } } else { @{} }
            Invoke-MfaResetApi "$(Get-MfaResetTargetAddress $Id $UserPrincipalName)/access-pass" -Method POST -Body $body
        }
    }
}
