function Write-MfaResetProblem {
    # Throws what a refusal says: problem details (RFC 9457) of the service, or a sign-in page in front of it.
    param([Parameter(Mandatory)] [object] $Response)
    $status = [int] $Response.StatusCode
    $text = [System.Text.Encoding]::UTF8.GetString($Response.RawContentStream.ToArray())
    $problem = $null
    try { $problem = ConvertFrom-Json $text } catch { $problem = $null }
    $reason, $message = "http$status", "The server did not respond as the MFA reset service (HTTP $status). Check the address."
    if ($problem -is [pscustomobject] -and $problem.PSObject.Properties['type'] -and "$($problem.type)".StartsWith('urn:mfareset:problem:')) {
        $reason = $problem.type.Substring('urn:mfareset:problem:'.Length)
        $mistakes = if ($problem.PSObject.Properties['errors']) { $problem.errors | ForEach-Object { "$($_.pointer): $($_.detail)" } }
        $message = @($problem.detail; $mistakes) -join [Environment]::NewLine
    } elseif ($status -in 301, 302, 303, 307, 308 -or $status -eq 401) {
        $reason = 'signIn'
        $message = 'The service asks for a Microsoft Entra sign-in or a valid key. Connect with -Audience, and check the app role.'
    }
    $category = switch ($status) {
        400 { 'InvalidArgument' } 401 { 'AuthenticationError' } 403 { 'PermissionDenied' } 404 { 'ObjectNotFound' }
        409 { 'ResourceExists' } default { 'InvalidOperation' }
    }
    throw [System.Management.Automation.ErrorRecord]::new([System.InvalidOperationException]::new($message), $reason, $category, $null)
}
