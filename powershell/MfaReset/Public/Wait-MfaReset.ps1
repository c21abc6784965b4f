function Wait-MfaReset {
    <#
    .SYNOPSIS
    Waits until a request has ended, and returns it.
    .DESCRIPTION
    Approval takes minutes or hours. Where the time ends before the request does, that is an error, and the request continues: wait again.
    Look at status: only completed means that every user is reset or was clear already.
    .PARAMETER Id
    The id of the request.
    .PARAMETER Timeout
    How long to wait. Default: a day.
    .PARAMETER PollSeconds
    Seconds between looks. Default: what the service proposes.
    .EXAMPLE
    $request = Request-MfaReset adele@contoso.com -Reason 'Lost phone' -Requester tech@msp.example | Wait-MfaReset -Timeout 0:30
    if ($request.status -ne 'completed') { throw $request.status }
    #>
    [CmdletBinding()]
    [OutputType('MfaReset.Request')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)] [string] $Id,
        [timespan] $Timeout = [timespan]::FromDays(1),
        [ValidateRange(0, 3600)] [int] $PollSeconds
    )
    process {
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        while ($true) {
            $request = Get-MfaReset -Id $Id
            if ($null -ne $request.endedAt) {
                Write-Progress -Activity "Reset request $Id" -Completed
                return $request
            }
            $ended = $request.totals.targets - $request.totals.pending
            Write-Progress -Activity "Reset request $Id" -Status "$($request.status): $ended of $($request.totals.targets) users"
            if ($clock.Elapsed -ge $Timeout) {
                $message = "The request $Id has not ended in time ($($request.status)); it continues."
                $record = [System.Management.Automation.ErrorRecord]::new(
                    [System.TimeoutException]::new($message), 'timeout', 'OperationTimeout', $Id)
                $PSCmdlet.WriteError($record)
                return
            }
            $pause = if ($PSBoundParameters.ContainsKey('PollSeconds')) { $PollSeconds } else { [math]::Max(2, $script:RetryAfter) }
            Start-Sleep -Seconds $pause
        }
    }
}
