function Invoke-MfaResetApi {
    # Sends a call and returns the response's JSON. "Try again later" is tried again up to five times; each other refusal is an
    # error whose id is the problem's reason. Every call may be sent twice: writes carry an idempotency key or are a cancel.
    param(
        [Parameter(Mandatory)] [string] $Path,
        [string] $Method = 'GET',
        [object] $Body,
        [hashtable] $Headers = @{}
    )
    $call = @{
        Uri                = "$($script:Connection.BaseUri)$Path"
        Method             = $Method
        Headers            = (Get-MfaResetHeader) + $Headers
        SkipHttpErrorCheck = $true
        MaximumRedirection = 0 # a redirect leads to a sign-in page, and must not take the key to another host
        TimeoutSec         = 100
        ErrorAction        = 'SilentlyContinue' # what PowerShell says of a redirect; the response says more
    }
    if ($PSBoundParameters.ContainsKey('Body')) {
        $call.Body = [System.Text.Encoding]::UTF8.GetBytes((ConvertTo-Json $Body -Depth 10))
        $call.ContentType = 'application/json'
    }
    for ($attempt = 1; ; $attempt++) {
        $response = $null
        try {
            $response = Invoke-WebRequest @call
        } catch [System.Net.Http.HttpRequestException] {
            if ($attempt -ge 5) { throw "The service cannot be reached: $($_.Exception.Message)" }
        }
        if ($null -ne $response -and $response.StatusCode -notin 408, 429, 500, 502, 503, 504) { break }
        if ($attempt -ge 5) { break }
        $pause = if ($null -ne $response -and $response.Headers['Retry-After']) { [int] "$($response.Headers['Retry-After'])" } else { [math]::Pow(2, $attempt) }
        Write-Verbose "Trying again in $pause seconds."
        Start-Sleep -Seconds ([math]::Min($pause, 60))
    }
    if ($null -eq $response) {
        throw 'The service did not respond.'
    }
    if ($response.StatusCode -in 200, 202) {
        $script:RetryAfter = [int] "0$($response.Headers['Retry-After'])"
        return ConvertFrom-Json ([System.Text.Encoding]::UTF8.GetString($response.RawContentStream.ToArray()))
    }
    Write-MfaResetProblem $response
}
