// What somebody should look at. Each alert is a heading of docs/operations.md, which says what to do; a test keeps the two equal.
import { Tags } from 'types.bicep'

param location string
param tags Tags

@description('Who is mailed; empty: alerts are shown in the portal only.')
param mail string
param workspaceId string
param insightsId string
param serviceBusId string
param healthUrl string
param siteId string

var groups = empty(mail) ? [] : [people.id]

// A workspace has no table AppMetrics before the first metric arrives: a rule that names it would be refused, and one whose query
// fails for a week is disabled (https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-troubleshoot-log). A fuzzy union
// may lack that table; the empty one beside it has the columns that are used.
var noMetrics = 'datatable(TimeGenerated: datetime, Name: string, Sum: real, Max: real, Properties: dynamic) []'
var metrics = 'union isfuzzy=true (${noMetrics}), AppMetrics'

// Names and attributes are those of telemetry/metrics.py. `Sum` is the change within a row's period.
var rules = [
  {
    name: 'requests-failed'
    severity: 2
    description: 'A request ended as failed or only partially completed.'
    query: '${metrics} | where Name == "mfareset.requests" | where tostring(Properties.status) in ("failed", "partiallyCompleted") | summarize Value = sum(Sum)'
    threshold: 0
    window: 'PT15M'
  }
  {
    name: 'requests-broken'
    severity: 1
    description: 'The orchestration of a request broke and was started anew; it will break again if a mistake of the service is behind it.'
    query: '${metrics} | where Name == "mfareset.requests.restarted" | summarize Value = sum(Sum)'
    threshold: 0
    window: 'PT15M'
  }
  {
    name: 'callbacks-lost'
    severity: 2
    description: 'News of a request did not reach its ticketing system within 24 hours.'
    query: '${metrics} | where Name == "mfareset.callbacks" | where tostring(Properties.result) == "lost" | summarize Value = sum(Sum)'
    threshold: 0
    window: 'PT15M'
  }
  {
    name: 'mails-failed'
    severity: 2
    description: 'A mail could not be sent, or one to an approver came back; the request may wait in vain.'
    query: '${metrics} | where Name == "mfareset.mails" | where tostring(Properties.result) in ("failed", "bounced") | summarize Value = sum(Sum)'
    threshold: 0
    window: 'PT15M'
  }
  {
    name: 'graph-throttled'
    severity: 3
    description: 'Microsoft Graph refuses many calls for a customer (429).'
    query: '${metrics} | where Name == "mfareset.graph.throttled" | summarize Value = sum(Sum) by Tenant = tostring(Properties.tenant) | summarize Value = max(Value)'
    threshold: 200
    window: 'PT15M'
  }
  {
    name: 'limits-reached'
    severity: 2
    description: 'A sender or a customer reached a limit of the policy: usersPerHour or openRequests.'
    query: '${metrics} | where Name == "mfareset.limits.reached" | summarize Value = sum(Sum)'
    threshold: 0
    window: 'PT15M'
  }
  {
    name: 'removals-disagree'
    severity: 1
    description: 'A customer\'s audit log has a removal by this application without a request, or lacks one that was recorded.'
    query: '${metrics} | where Name == "mfareset.reconciliation.alerts" | summarize Value = sum(Sum)'
    threshold: 0
    window: 'PT15M'
  }
  {
    name: 'partner-warnings'
    severity: 3
    description: 'A partner relationship with a customer ends or has ended, or a customer took back consent.'
    query: '${metrics} | where Name == "mfareset.partner.warnings" | summarize Value = sum(Sum)'
    threshold: 0
    window: 'PT15M'
  }
  {
    name: 'access-refused'
    severity: 2
    description: 'Many keys, sign-ins, links, forms or signatures were refused within a quarter of an hour.'
    query: '${metrics} | where Name == "mfareset.access.refused" | summarize Value = sum(Sum)'
    threshold: 50
    window: 'PT15M'
  }
  {
    name: 'removing-stopped'
    severity: 3
    description: 'The kill switch is on: requests are accepted and wait, nothing is removed.'
    query: '${metrics} | where Name == "mfareset.removing.stopped" | summarize Value = max(Max)'
    threshold: 0
    window: 'PT30M'
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(mail)) {
  name: 'mfareset-people'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'mfareset'
    enabled: true
    emailReceivers: [{ name: 'mail', emailAddress: mail, useCommonAlertSchema: true }]
  }
}

resource logAlerts 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [for rule in rules: {
  name: 'mfareset-${rule.name}'
  location: location
  tags: tags
  properties: {
    displayName: rule.name
    description: rule.description
    severity: rule.severity
    enabled: true
    skipQueryValidation: true // it is held against the workspace of today, which may be empty
    scopes: [workspaceId]
    evaluationFrequency: 'PT5M'
    windowSize: rule.window
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: rule.query
          timeAggregation: 'Maximum'
          metricMeasureColumn: 'Value'
          operator: 'GreaterThan'
          threshold: rule.threshold
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: groups }
  }
}]

resource deadLetters 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: 'mfareset-dead-letters'
  location: 'global'
  tags: tags
  properties: {
    description: 'A message of the queue reset-requests was not understood or could not be handled.'
    severity: 2
    enabled: true
    scopes: [serviceBusId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'dead-letters'
          criterionType: 'StaticThresholdCriterion'
          metricName: 'DeadletteredMessages'
          dimensions: [{ name: 'EntityName', operator: 'Include', values: ['reset-requests'] }]
          timeAggregation: 'Maximum'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: [for id in groups: { actionGroupId: id }]
  }
}

// A wrong function key is refused by the Functions host before this service's code runs, so no metric of ours counts it; the platform's
// does (https://azure.github.io/azure-monitor-baseline-alerts/services/Web/sites/: Http401, web and function apps; not tried).
resource refusedByHost 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: 'mfareset-refused-by-host'
  location: 'global'
  tags: tags
  properties: {
    description: 'Many calls were answered 401 within a quarter of an hour, those that the Functions host refuses among them.'
    severity: 2
    enabled: true
    scopes: [siteId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'refused-by-host'
          criterionType: 'StaticThresholdCriterion'
          metricName: 'Http401'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 50
          skipMetricValidation: true // a new site has reported none yet
        }
      ]
    }
    actions: [for id in groups: { actionGroupId: id }]
  }
}

resource probe 'Microsoft.Insights/webtests@2022-06-15' = {
  name: 'mfareset-health'
  location: location
  tags: union(tags, { 'hidden-link:${insightsId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: 'mfareset-health'
    Name: 'mfareset-health'
    Kind: 'standard'
    Enabled: true
    Frequency: 300
    Timeout: 30
    RetryEnabled: true
    Locations: [{ Id: 'emea-nl-ams-azr' }, { Id: 'emea-gb-db3-azr' }, { Id: 'us-va-ash-azr' }]
    Request: { RequestUrl: healthUrl, HttpVerb: 'GET', ParseDependentRequests: false }
    ValidationRules: { ExpectedHttpStatusCode: 200, SSLCheck: true, SSLCertRemainingLifetimeCheck: 14 }
  }
}

resource notAnswering 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: 'mfareset-not-answering'
  location: 'global'
  tags: tags
  properties: {
    description: 'The health address does not answer from two places.'
    severity: 1
    enabled: true
    scopes: [probe.id, insightsId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: probe.id
      componentId: insightsId
      failedLocationCount: 2
    }
    actions: [for id in groups: { actionGroupId: id }]
  }
}
