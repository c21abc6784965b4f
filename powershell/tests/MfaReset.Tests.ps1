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

    It 'asks for the containment of compromised accounts, which the policy has to offer' {
        { Request-MfaReset isaiah@contoso.com @people -Compromised } | Should -Throw '*/profile*' -ErrorId 'invalidInput'
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

    It 'has help with an example for <_>' -ForEach (Get-Command -Module MfaReset).Name {
        $help = Get-Help $_ -Full
        $help.Synopsis | Should -Not -BeLike "*$_*"
        $help.Examples.Example.Count | Should -BeGreaterThan 0
    }
}
