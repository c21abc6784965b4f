function Request-MfaReset {
    <#
    .SYNOPSIS
    Requests a reset of all multi-factor authentications of users.
    .DESCRIPTION
    Sends one request for all users that come in. Nothing is removed before it is approved. With -WhatIf the service makes the plan, which
    says per user what would be removed, and the request ends as planned.
    .PARAMETER UserPrincipalName
    A user principal name or object id.
    .PARAMETER Customer
    A policy key, tenant id or verified domain. Default: the domain of the user principal name.
    .PARAMETER Reason
    Why; approvers read it.
    .PARAMETER Requester
    The mail address of the person who asks. Default: the signed-in caller.
    .PARAMETER Ticket
    The number of the ticket.
    .PARAMETER Method
    The methods to remove. Default: what "require re-register MFA" removes.
    .PARAMETER Compromised
    The accounts may be in the hands of somebody else: sign-in is blocked, sessions end, and every method is removed. The policy has to
    offer it; with its containFirst the users are blocked before anybody approves, which can be undone.
    .PARAMETER PhoneOnly
    ifPasskey: phone numbers are removed only where a passkey or another strong method stays.
    .PARAMETER AccessPass
    A Temporary Access Pass is offered after the reset. The policy has to allow it.
    .PARAMETER KeepSessions
    Leaves the users signed in.
    .PARAMETER NotBefore
    Once approved, no user is reset before then; at most 30 days ahead.
    .PARAMETER Wave
    The sizes of waves: 5, 50 is first 5 users, then 50, then the rest.
    .PARAMETER StopAbove
    Percent: if more users of a wave fail, the rest is not begun. Needs -Wave.
    .PARAMETER IdempotencyKey
    A repeat with the same key and users returns the same request. Default: a new key for each call.
    .EXAMPLE
    Request-MfaReset adele@contoso.com -Reason 'Lost phone' -Ticket INC0012345 -Requester tech@msp.example | Wait-MfaReset
    .EXAMPLE
    Import-Csv leavers.csv | Request-MfaReset -Reason Offboarding -Requester tech@msp.example -WhatIf
    .EXAMPLE
    Import-Csv leavers.csv | Request-MfaReset -Reason Offboarding -Requester tech@msp.example -NotBefore '2026-12-01 22:00Z' -Wave 5, 50 -StopAbove 5
    .INPUTS
    User principal names, or objects with the properties UserPrincipalName and Customer.
    .OUTPUTS
    The request.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('MfaReset.Request')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('User', 'Id')]
        [string[]] $UserPrincipalName,
        [Parameter(ValueFromPipelineByPropertyName)] [string] $Customer,
        [Parameter(Mandatory)] [string] $Reason,
        [string] $Requester,
        [string] $Ticket,
        [ValidateSet('phone', 'microsoftAuthenticator', 'softwareOath', 'hardwareOath', 'fido2', 'windowsHelloForBusiness', 'email',
            'temporaryAccessPass', 'platformCredential', 'externalAuthenticationMethod')]
        [string[]] $Method,
        [switch] $Compromised,
        [ValidateSet('ifPasskey')] [string] $PhoneOnly,
        [switch] $AccessPass,
        [switch] $KeepSessions,
        [DateTimeOffset] $NotBefore,
        [ValidateRange(1, 1000)] [int[]] $Wave,
        [ValidateRange(0, 99)] [int] $StopAbove,
        [ValidateLength(1, 255)] [string] $IdempotencyKey = [guid]::NewGuid().ToString()
    )
    begin {
        $users = [ordered]@{}
    }
    process {
        foreach ($name in $UserPrincipalName) {
            $of = if ($Customer) { $Customer } else { ($name -split '@')[-1] }
            if (-not $users.Contains($of)) { $users[$of] = [System.Collections.Generic.List[string]]::new() }
            $users[$of].Add($name)
        }
    }
    end {
        if ($users.Count -eq 0) { return }
        $body = @{
            targets        = @($users.GetEnumerator() | ForEach-Object { @{ customer = $_.Key; users = @($_.Value) } })
            reason         = $Reason
            revokeSessions = -not $KeepSessions
            dryRun         = [bool] $WhatIfPreference
        }
        if ($Requester) { $body.requester = $Requester }
        if ($Ticket) { $body.ticket = $Ticket }
        if ($Compromised) { $body.profile = 'compromised' }
        if ($PhoneOnly) { $body.phoneOnly = $PhoneOnly }
        if ($AccessPass) { $body.accessPass = $true }
        if ($Method) { $body.methods = @($Method) }
        if ($PSBoundParameters.ContainsKey('NotBefore')) { $body.notBefore = $NotBefore.ToString('o') }
        if ($Wave) { $body.waves = @($Wave) }
        if ($PSBoundParameters.ContainsKey('StopAbove')) { $body.stopAbove = $StopAbove }
        $count = ($users.Values | Measure-Object -Property Count -Sum).Sum
        # -WhatIf is not asked about: it sends a dry run, which removes nothing.
        if ($WhatIfPreference -or $PSCmdlet.ShouldProcess("$count users of $($users.Keys -join ', ')", 'Request a reset')) {
            $sent = Invoke-MfaResetApi '/api/reset-requests' -Method POST -Body $body -Headers @{ 'Idempotency-Key' = $IdempotencyKey }
            $sent.PSObject.TypeNames.Insert(0, 'MfaReset.Request')
            $sent
        }
    }
}
