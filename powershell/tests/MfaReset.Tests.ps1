# Drives the module against the served app at MFA_RESET_URL. "approve ID" on standard output asks the other side to approve.
BeforeAll {
    Import-Module "$PSScriptRoot/../MfaReset/MfaReset.psd1" -Force
    $key = ConvertTo-SecureString $env:MFA_RESET_KEY -AsPlainText -Force
    $people = @{ Reason = 'Lost phone'; Requester = 'tech@msp.example' }
}

Describe 'MfaReset' {
    BeforeEach { Connect-MfaReset -Key $key }

    It 'requests, waits for the approval and reads the outcome of every method' {
        $request = Request-MfaReset adele@contoso.com @people -Ticket INC1
        $request.ticket | Should -Be 'INC1'
        [Console]::Out.WriteLine("approve $($request.id)")
        $ended = $request | Wait-MfaReset -PollSeconds 0
        $ended.status | Should -Be 'completed'
        $ended.PSObject.TypeNames | Should -Contain 'MfaReset.Request'
        $target = Get-MfaReset $request.id -Target
        $target.userPrincipalName | Should -Be 'adele@contoso.com'
        $target.methods.outcome | Select-Object -Unique | Should -Be 'deleted'
        Get-MfaReset $request.id -Target -Outcome failed | Should -BeNullOrEmpty
    }

    It 'takes users of several customers from the pipeline as one request' {
        $users = [pscustomobject]@{ UserPrincipalName = 'alex@contoso.com'; Customer = 'contoso' },
        [pscustomobject]@{ UserPrincipalName = 'diego@fabrikam.com'; Customer = 'fabrikam' }
        $request = $users | Request-MfaReset @people -WhatIf | Wait-MfaReset -PollSeconds 0
        $request.customers | Should -Be @('contoso', 'fabrikam')
        $request.totals.targets | Should -Be 2
    }

    It 'makes a dry run of -WhatIf' {
        $request = 'isaiah@contoso.com' | Request-MfaReset @people -WhatIf | Wait-MfaReset -PollSeconds 0
        $request.dryRun | Should -BeTrue
        $request.status | Should -Be 'planned'
    }

    It 'contains compromised accounts and undoes it' {
        $request = Request-MfaReset lee@contoso.com @people -Compromised
        [Console]::Out.WriteLine("approve $($request.id)")
        ($request | Wait-MfaReset -PollSeconds 0).containment.profile | Should -Be 'compromised'
        { Unblock-MfaResetUser $request.id -UserPrincipalName adele@contoso.com -Operator second@msp.example } | Should -Throw '*not in the request*'
        (Unblock-MfaResetUser $request.id -UserPrincipalName lee@contoso.com -Operator second@msp.example).asked | Should -Be 1
        do { $target = Get-MfaReset $request.id -Target } while ($target.containment.unblocked.outcome -eq 'pending')
        $target.containment.unblocked.outcome | Should -Be 'done'
        $risk = Undo-MfaResetRisk $request.id -UserPrincipalName lee@contoso.com -Operator second@msp.example
        $risk.left.reason | Should -Be 'riskNotConfirmed'
    }

    It 'records a call back, and asks for a Verified ID, of a user who is to be verified' {
        $request = Request-MfaReset grady@contoso.com @people
        while (-not (Get-MfaReset $request.id -Target).verification) { Start-Sleep -Milliseconds 100 }
        { Start-MfaResetVerifiedId $request.id grady@contoso.com } | Should -Throw -ErrorId 'conflict'
        $target = Confirm-MfaResetCaller $request.id grady@contoso.com -Number '+1 425 555 0112' -Operator second@msp.example
        $target.verification.state | Should -Be 'verified'
    }

    It 'asks for a pass and returns it once' {
        $request = Request-MfaReset megan@contoso.com @people -AccessPass
        [Console]::Out.WriteLine("approve $($request.id)")
        $request | Wait-MfaReset -PollSeconds 0 | Out-Null
        $made = New-MfaResetAccessPass $request.id megan@contoso.com -Operator second@msp.example
        $made.accessPass | Should -Not -BeNullOrEmpty
        { New-MfaResetAccessPass $request.id megan@contoso.com -Operator second@msp.example } | Should -Throw -ErrorId 'alreadyShown'
    }

    It 'keeps numbers where nothing else stays' {
        $request = Request-MfaReset diego@contoso.com @people -Method phone -PhoneOnly ifPasskey -WhatIf | Wait-MfaReset -PollSeconds 0
        $request.phoneOnly | Should -Be 'ifPasskey'
        (Get-MfaReset $request.id -Target).warnings | Should -Contain 'numberKept'
    }

    It 'lists removals that disagree, and warns where no audit log is read' {
        Get-MfaResetRemovalAlert -WarningVariable warned -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        $warned | Should -BeLike 'Reconciliation is off*'
    }

    It 'asks for a reset later and in waves' {
        $request = 'isaiah@contoso.com' | Request-MfaReset @people -WhatIf -NotBefore '2020-01-02T03:04:05+01:00' -Wave 1, 2 -StopAbove 0
        [DateTimeOffset] $request.schedule.notBefore | Should -Be ([DateTimeOffset] '2020-01-02T02:04:05Z')
        $request.schedule.waves | Should -Be @(1, 2)
        $request.schedule.stopAbove | Should -Be 0
        (Request-MfaReset isaiah@contoso.com @people -WhatIf).schedule | Should -BeNullOrEmpty
    }

    It 'makes the same request of the same idempotency key' {
        $first = Request-MfaReset alex@contoso.com @people -IdempotencyKey again
        (Request-MfaReset alex@contoso.com @people -IdempotencyKey again).id | Should -Be $first.id
        (Request-MfaReset alex@contoso.com @people).id | Should -Not -Be $first.id
    }

    It 'lists requests by status and cancels them' {
        $request = Request-MfaReset isaiah@contoso.com @people
        { Wait-MfaReset $request.id -Timeout 0 -ErrorAction Stop } | Should -Throw -ErrorId 'timeout,Wait-MfaReset'
        Stop-MfaReset $request.id -WhatIf
        (Get-MfaReset $request.id).endedAt | Should -BeNullOrEmpty
        $request | Stop-MfaReset | Out-Null
        (Wait-MfaReset $request.id -PollSeconds 0).status | Should -Be 'cancelled'
        (Get-MfaReset -Status cancelled).id | Should -Contain $request.id
        @(Get-MfaReset -First 2).Count | Should -Be 2
    }

    It 'says what is wrong, and names each mistake' {
        { Request-MfaReset nobody @people -Customer unknown } | Should -Throw '*/targets/0/customer*' -ErrorId 'invalidInput'
        { Get-MfaReset none } | Should -Throw -ErrorId 'notFound'
        { Connect-MfaReset -BaseUri http://mfa-reset.msp.example -Key $key } | Should -Throw '*https*'
    }

    It 'explains a key that is not valid' {
        Connect-MfaReset -Key (ConvertTo-SecureString 'wrong' -AsPlainText -Force)
        { Get-MfaReset } | Should -Throw '*sign-in or a valid key*'
    }

    It 'finds customers of the partner relationships and writes their files, never over one that is there' {
        $folder = Join-Path $TestDrive 'customers'
        $found = Find-MfaResetCustomer -State new -Path $folder -WarningVariable warnings
        $found.name | Should -Be 'Northwind Traders'
        $found.PSObject.TypeNames | Should -Contain 'MfaReset.Customer'
        Get-Content "$folder/northwind-traders.toml" -Raw | Should -Be $found.proposal.text
        $warnings | Should -BeNullOrEmpty
        Set-Content "$folder/northwind-traders.toml" reviewed
        Find-MfaResetCustomer -State new -Path $folder -WarningVariable warnings -WarningAction SilentlyContinue | Out-Null
        $warnings | Should -BeLike '*stays as it is*'
        Get-Content "$folder/northwind-traders.toml" | Should -Be 'reviewed'
        (Get-ChildItem $folder -Force).Name | Should -Be 'northwind-traders.toml'
        Find-MfaResetCustomer -State new -Path "$folder/none" -WhatIf | Out-Null
        Test-Path "$folder/none" | Should -BeFalse
        @(Find-MfaResetCustomer).Count | Should -Be 4
    }

    It 'writes no file whose name leads elsewhere' {
        InModuleScope MfaReset -Parameters @{ folder = $TestDrive } {
            { Write-MfaResetFile -Path $folder -Name '../x.toml' -Text x } | Should -Throw '*not written*'
        }
    }

    It 'has help with an example for <_>' -ForEach (Get-Command -Module MfaReset).Name {
        $help = Get-Help $_ -Full
        $help.Synopsis | Should -Not -BeLike "*$_*"
        $help.Examples.Example.Count | Should -BeGreaterThan 0
    }
}
