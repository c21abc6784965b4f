function Get-MfaResetRemovalAlert {
    <#
    .SYNOPSIS
    Gets removals that customers' audit logs and the service's records disagree about, latest first.
    .DESCRIPTION
    Warns of each customer whose audit log could not be read, and where reconciliation is off: then no alert does not mean that all is well.
    .EXAMPLE
    if (Get-MfaResetRemovalAlert) { throw 'Removals disagree.' }
    .OUTPUTS
    Alerts, as the API describes them.
    #>
    [CmdletBinding()]
    param()
    $path = '/api/removal-alerts?limit=200'
    $cursor = ''
    do {
        $page = Invoke-MfaResetApi "$path$(if ($cursor) { "&cursor=$([uri]::EscapeDataString($cursor))" })"
        $page.value
        $cursor = $page.cursor
    } while ($cursor)
    if (-not $page.enabled) { Write-Warning 'Reconciliation is off: no audit log is read.' }
    foreach ($log in @($page.customers) | Where-Object state -ne 'read') {
        if ($page.enabled) { Write-Warning "The audit log of $($log.customer) is not read: $($log.state). $($log.detail)" }
    }
}
