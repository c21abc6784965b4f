@{
    RootModule           = 'MfaReset.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '6f0f2a52-2b6e-4a0a-9d6c-5a5b0c6f7d11'
    Author               = 'The mfa-reset authors'
    CompanyName          = 'The mfa-reset authors'
    Copyright            = '(c) The mfa-reset authors. MIT licence.'
    Description          = 'Requests resets of multi-factor authentication in Microsoft Entra tenants from the MFA reset service, and follows them.'
    PowerShellVersion    = '7.2'
    CompatiblePSEditions = @('Core')
    FunctionsToExport    = @('Confirm-MfaResetCaller', 'Connect-MfaReset', 'Find-MfaResetCustomer', 'Get-MfaReset', 'Get-MfaResetDelegation',
        'Get-MfaResetRemovalAlert', 'New-MfaResetAccessPass', 'Remove-MfaResetDelegation', 'Request-MfaReset', 'Set-MfaResetDelegation',
        'Start-MfaResetVerifiedId', 'Stop-MfaReset', 'Unblock-MfaResetUser', 'Undo-MfaResetRisk', 'Wait-MfaReset')
    CmdletsToExport      = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags       = @('Entra', 'MFA', 'MSP', 'Offboarding')
            LicenseUri = 'https://github.com/your-company/mfa-reset/blob/main/LICENSE'
            ProjectUri = 'https://github.com/your-company/mfa-reset'
        }
    }
}
