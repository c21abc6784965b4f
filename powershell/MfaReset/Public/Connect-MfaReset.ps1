function Connect-MfaReset {
    <#
    .SYNOPSIS
    Connects to an MFA reset service.
    .DESCRIPTION
    Remembers, for this session, where the service is and how calls authenticate: with a token of the Azure CLI, which asks for a new one
    when it expires, with a token of your own, or with a function key where the service has no Entra sign-in. Nothing is stored on disk.
    .PARAMETER BaseUri
    The address of the service, such as https://mfa-reset.msp.example. Default: the environment variable MFA_RESET_URL.
    .PARAMETER Audience
    The client id of the service's sign-in application. The Azure CLI must be signed in (az login).
    .PARAMETER AccessToken
    An Entra access token for the service, for example from Get-AzAccessToken -AsSecureString.
    .PARAMETER Key
    A function key.
    .EXAMPLE
    Connect-MfaReset -BaseUri https://mfa-reset.msp.example -Audience 00000000-0000-0000-0000-000000000000
    .EXAMPLE
    Connect-MfaReset -BaseUri http://127.0.0.1:7071 -Key (Read-Host -AsSecureString 'Key')
    #>
    [CmdletBinding(DefaultParameterSetName = 'Audience')]
    param(
        [string] $BaseUri = $env:MFA_RESET_URL,
        [Parameter(Mandatory, ParameterSetName = 'Audience')] [string] $Audience,
        [Parameter(Mandatory, ParameterSetName = 'AccessToken')] [securestring] $AccessToken,
        [Parameter(Mandatory, ParameterSetName = 'Key')] [securestring] $Key
    )
    if (-not $BaseUri) {
        throw 'The address of the service is missing: use -BaseUri or MFA_RESET_URL.'
    }
    $uri = [uri] $BaseUri
    if ($uri.Scheme -ne 'https' -and -not $uri.IsLoopback) {
        throw 'The address must begin with https, except on this machine.'
    }
    $script:Connection = [pscustomobject]@{
        BaseUri   = $BaseUri.TrimEnd('/')
        Audience  = $Audience
        Token     = $AccessToken
        Key       = $Key
        ExpiresAt = [DateTimeOffset]::MinValue
    }
}
