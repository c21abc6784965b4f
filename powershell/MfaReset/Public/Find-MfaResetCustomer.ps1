function Find-MfaResetCustomer {
    <#
    .SYNOPSIS
    Holds the partner relationships (GDAP) against the policy: which customers are new, what ends, who has not consented.
    .DESCRIPTION
    Needs a policy that names a partner tenant, and the role Operator for all customers. New customers come with a proposed file for the
    policy. -Path writes those files to a folder, to be reviewed; one that is there is never overwritten. The policy in use does not change.
    .PARAMETER State
    Only customers in this state: new (not in the policy), known, or noRelationship (in the policy, without a relationship).
    .PARAMETER Path
    The folder to which the proposed files of new customers are written, such as customers beside the policy file.
    .EXAMPLE
    Find-MfaResetCustomer | Where-Object warnings | Format-Table name, state, warnings
    .EXAMPLE
    Find-MfaResetCustomer -State new -Path ./customers
    .OUTPUTS
    Customers, as the API describes them.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('MfaReset.Customer')]
    param(
        [ValidateSet('new', 'known', 'noRelationship')] [string] $State,
        [string] $Path
    )
    $cursor, $read = '', 0
    do {
        $query = @{ state = $State; cursor = $cursor }
        $given = $query.GetEnumerator() | Where-Object Value | ForEach-Object { "$($_.Key)=$([uri]::EscapeDataString($_.Value))" }
        $page = Invoke-MfaResetApi "/api/partner-customers?$($given -join '&')"
        $read += @($page.value).Count
        Write-Progress -Activity 'Partner customers' -Status "$read of $($page.total)"
        foreach ($customer in @($page.value)) {
            if ($Path -and $null -ne $customer.proposal) {
                $file = Join-Path $Path "$($customer.proposal.key).toml"
                if ($PSCmdlet.ShouldProcess($file, 'Write the proposed file')) {
                    Write-MfaResetFile -Path $Path -Name "$($customer.proposal.key).toml" -Text $customer.proposal.text
                }
            }
            $customer.PSObject.TypeNames.Insert(0, 'MfaReset.Customer')
            $customer
        }
        $cursor = $page.cursor
    } while ($cursor)
    Write-Progress -Activity 'Partner customers' -Completed
}
