function Confirm-MfaResetCaller {
    <#
    .SYNOPSIS
    Records that you called a user back on the number on file.
    .PARAMETER Id
    The id of the request. It has to wait for evidence of the user.
    .PARAMETER UserPrincipalName
    The user, by user principal name or object id.
    .PARAMETER Number
    The number on file that you called; it is kept masked.
    .PARAMETER Note
    Where the number is from.
    .PARAMETER Operator
    Your mail address. Needed with a key, refused when signed in.
    .EXAMPLE
    Confirm-MfaResetCaller $request.id adele@contoso.com -Number '+1 425 555 0112' -Note 'HR system' -Operator second@msp.example
    .OUTPUTS
    The user, as in Get-MfaReset -Target.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('MfaReset.Target')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)] [string] $Id,
        [Parameter(Mandatory, Position = 1)] [string] $UserPrincipalName,
        [Parameter(Mandatory)] [string] $Number,
        [string] $Note,
        [string] $Operator
    )
    process {
        if ($PSCmdlet.ShouldProcess($UserPrincipalName, 'Record a call back')) {
            $body = @{ number = $Number }
            if ($Note) { $body.note = $Note }
            if ($Operator) { $body.operator = $Operator }
            $target = Invoke-MfaResetApi "$(Get-MfaResetTargetAddress $Id $UserPrincipalName)/verification" -Method POST -Body $body
            $target.PSObject.TypeNames.Insert(0, 'MfaReset.Target')
            $target
        }
    }
}
