# A whole request with the C# client that NSwag generates, compiled here: the arguments are its source, the base URL and the key.
param([string] $Source, [string] $Base, [string] $Key)
$ErrorActionPreference = 'Stop'

$assemblies = @(
    'Newtonsoft.Json', 'netstandard', 'System.Collections', 'System.ComponentModel.Annotations', 'System.Linq', 'System.Net.Http',
    'System.Net.Primitives', 'System.ObjectModel', 'System.Private.Uri', 'System.Runtime', 'System.Runtime.Serialization.Primitives'
)
# CS1701: Newtonsoft.Json was built for an earlier .NET.
Add-Type -Path $Source -ReferencedAssemblies $assemblies -CompilerOptions '-nowarn:CS1701'

$http = [System.Net.Http.HttpClient]::new()
$http.DefaultRequestHeaders.Add('x-functions-key', $Key)
$api = [MfaReset.MfaResetClient]::new($http)
$api.BaseUrl = $Base

$targets = [MfaReset.CustomerTargets]@{ Customer = 'contoso' }
$targets.Users = [string[]]@('adele@contoso.com')
$body = [MfaReset.NewResetRequest]@{ Reason = 'Lost phone'; Requester = 'tech@msp.example' }
$body.Targets = [MfaReset.CustomerTargets[]]@($targets)
$created = $api.CreateResetRequestAsync('nswag', $body).GetAwaiter().GetResult()
[Console]::WriteLine($created.Id)
[void] [Console]::ReadLine()  # approved meanwhile

$request = $api.GetResetRequestAsync([string] $created.Id).GetAwaiter().GetResult()
$found = $api.ListTargetsAsync([string] $created.Id, $null, $null, $null, 10).GetAwaiter().GetResult().Value
$users = $api.ListUsersAsync('contoso', $null, $true, $null, $null, $null, $null, $null, 5).GetAwaiter().GetResult()
try {
    [void] $api.GetResetRequestAsync('none').GetAwaiter().GetResult()
    throw 'there is no such request'
} catch [MfaReset.ApiException] {
    $unknown = $_.Exception.Result.Type
}
# The names that are on the wire: C# has its own for the members of enumerations.
$settings = [Newtonsoft.Json.JsonSerializerSettings]::new()
function ConvertTo-Wire($value) { [Newtonsoft.Json.JsonConvert]::SerializeObject($value, $settings) | ConvertFrom-Json }

$result = [ordered]@{
    status    = (ConvertTo-Wire $request).status
    ended     = $request.EndedAt.Year -gt 2000
    outcomes  = @($found | ForEach-Object { (ConvertTo-Wire $_).outcome })
    methods   = @($found.Methods | ForEach-Object { (ConvertTo-Wire $_).outcome } | Sort-Object -Unique)
    customers = @($api.ListCustomersAsync().GetAwaiter().GetResult().Value.Customer | Sort-Object)
    users     = $users.Value.Count
    unknown   = $unknown
}
[Console]::WriteLine(($result | ConvertTo-Json -Compress))
