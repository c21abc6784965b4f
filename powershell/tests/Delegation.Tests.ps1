# Drives the module as a signed-in approver, lead@msp.example, against the platform at MFA_RESET_URL.
BeforeAll {
    Import-Module "$PSScriptRoot/../MfaReset/MfaReset.psd1" -Force
    Connect-MfaReset -AccessToken (ConvertTo-SecureString $env:MFA_RESET_TOKEN -AsPlainText -Force)
}

Describe 'Delegation' {
    It 'says who stands in, until when, and ends it' {
        $until = [DateTimeOffset] $env:MFA_RESET_UNTIL
        Set-MfaResetDelegation second@msp.example -Until $until -WhatIf
        (Get-MfaResetDelegation).delegate | Should -BeNullOrEmpty
        $made = Set-MfaResetDelegation second@msp.example -Until $until
        $made.approvers | Should -Be 'lead@msp.example'
        $made.PSObject.TypeNames | Should -Contain 'MfaReset.Delegation'
        (Get-MfaResetDelegation).delegate | Should -Be 'second@msp.example'
        [DateTimeOffset] (Get-MfaResetDelegation).until | Should -Be $until
        (Remove-MfaResetDelegation).delegate | Should -BeNullOrEmpty
    }

    It 'says why somebody may not stand in' {
        { Set-MfaResetDelegation unknown@msp.example -Until $env:MFA_RESET_UNTIL } | Should -Throw '*/delegate*' -ErrorId 'invalidInput'
    }
}
