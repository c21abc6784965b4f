function Get-MfaReset {
    <#
    .SYNOPSIS
    Gets reset requests, or the users of one.
    .PARAMETER Id
    The id of a request. Without it the latest requests are listed.
    .PARAMETER Target
    Returns the users of the request, with the outcome of every method, instead of the request.
    .PARAMETER Outcome
    Only users with this outcome.
    .PARAMETER Status
    Only requests with this status.
    .PARAMETER Customer
    Only requests or users of this customer.
    .PARAMETER First
    At most so many requests. Default: 50.
    .EXAMPLE
    Get-MfaReset -Status awaitingApproval
    .EXAMPLE
    Get-MfaReset $id -Target -Outcome failed | Format-Table userPrincipalName, reason
    .OUTPUTS
    Requests or targets, as the API describes them.
    #>
    [CmdletBinding(DefaultParameterSetName = 'List')]
    [OutputType('MfaReset.Request', 'MfaReset.Target')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'One')]
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName, ParameterSetName = 'Targets')]
        [string] $Id,
        [Parameter(Mandatory, ParameterSetName = 'Targets')] [switch] $Target,
        [Parameter(ParameterSetName = 'Targets')] [string] $Outcome,
        [Parameter(ParameterSetName = 'List')] [string] $Status,
        [Parameter(ParameterSetName = 'List')] [Parameter(ParameterSetName = 'Targets')] [string] $Customer,
        [Parameter(ParameterSetName = 'List')] [ValidateRange(1, 10000)] [int] $First = 50
    )
    process {
        if ($PSCmdlet.ParameterSetName -eq 'One') {
            $found = Invoke-MfaResetApi "/api/reset-requests/$([uri]::EscapeDataString($Id))"
            $found.PSObject.TypeNames.Insert(0, 'MfaReset.Request')
            return $found
        }
        $path, $kind, $most = '/api/reset-requests', 'MfaReset.Request', $First
        if ($Target) {
            $path, $kind, $most = "$path/$([uri]::EscapeDataString($Id))/targets", 'MfaReset.Target', [int]::MaxValue
        }
        $query = @{ status = $Status; outcome = $Outcome; customer = $Customer; cursor = '' }
        do {
            $query.limit = [math]::Min($most, 500)
            $given = $query.GetEnumerator() | Where-Object Value | ForEach-Object { "$($_.Key)=$([uri]::EscapeDataString($_.Value))" }
            $page = Invoke-MfaResetApi "${path}?$($given -join '&')"
            foreach ($item in @($page.value) | Select-Object -First $most) {
                $item.PSObject.TypeNames.Insert(0, $kind)
                $item
                $most--
            }
            $query.cursor = $page.cursor
        } while ($page.cursor -and $most -gt 0)
    }
}
