function Write-MfaResetFile {
    # Writes a file that is not there yet, whole or not at all, and says so of one that is there: it stays as it is.
    param(
        [Parameter(Mandatory)] [string] $Path,
        [Parameter(Mandatory)] [string] $Name,
        [Parameter(Mandatory)] [string] $Text
    )
    # What a service may name a file: no folder, no drive, nothing hidden.
    if ($Name -cnotmatch '\A[A-Za-z0-9][A-Za-z0-9_-]{0,62}\.toml\z') {
        throw "The service named a file '$Name', which is not written."
    }
    $folder = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path)
    [System.IO.Directory]::CreateDirectory($folder) | Out-Null
    $file = Join-Path $folder $Name
    $temporary = Join-Path $folder ".$([guid]::NewGuid()).tmp"
    try {
        [System.IO.File]::WriteAllText($temporary, $Text) # UTF-8 without a byte order mark
        try {
            [System.IO.File]::Move($temporary, $file) # never over another file
        } catch [System.IO.IOException] {
            if (-not [System.IO.File]::Exists($file)) { throw }
            Write-Warning "$file is there already and stays as it is."
        }
    } finally {
        [System.IO.File]::Delete($temporary)
    }
}
