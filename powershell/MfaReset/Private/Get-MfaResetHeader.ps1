function Get-MfaResetHeader {
    # Returns the headers that authenticate a call. A token of Azure is asked for again two minutes before it expires.
    if ($null -eq $script:Connection) {
        throw 'There is no connection. Run Connect-MfaReset first.'
    }
    $connection = $script:Connection
    if ($connection.Key) {
        return @{ 'x-functions-key' = ConvertFrom-SecureString $connection.Key -AsPlainText }
    }
    if ($connection.Audience -and [DateTimeOffset]::UtcNow -ge $connection.ExpiresAt.AddMinutes(-2)) {
        $answer = az account get-access-token --scope "$($connection.Audience)/.default" --output json | Out-String
        if ($LASTEXITCODE -ne 0) {
            throw 'The Azure CLI has no token for the service. Run az login, and check the audience.'
        }
        $token = $answer | ConvertFrom-Json
        $connection.Token = ConvertTo-SecureString $token.accessToken -AsPlainText -Force
        # Seconds since 1970; the CLI's other date is in local time. (Microsoft Learn, "az account get-access-token")
        $connection.ExpiresAt = [DateTimeOffset]::FromUnixTimeSeconds($token.expires_on)
    }
    return @{ Authorization = "Bearer $(ConvertFrom-SecureString $connection.Token -AsPlainText)" }
}
