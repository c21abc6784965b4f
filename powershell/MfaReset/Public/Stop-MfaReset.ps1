function Stop-MfaReset {
    <#
    .SYNOPSIS
    Cancels a request: nothing further is removed after that.
    .PARAMETER Id
    The id of the request.
    .EXAMPLE
    Get-MfaReset -Status awaitingApproval -Customer contoso | Stop-MfaReset
    .OUTPUTS
    The request.
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('MfaReset.Request')]
    param([Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)] [string] $Id)
    process {
        if ($PSCmdlet.ShouldProcess($Id, 'Cancel the reset request')) {
            $request = Invoke-MfaResetApi "/api/reset-requests/$([uri]::EscapeDataString($Id))/cancel" -Method POST
            $request.PSObject.TypeNames.Insert(0, 'MfaReset.Request')
            $request
        }
    }
}
