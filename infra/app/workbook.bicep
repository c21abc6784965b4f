// The workbook "MFA resets": requests, targets, approvals, Graph and callbacks at a glance.
import { Tags } from 'types.bicep'

param location string
param tags Tags
param workspaceId string

var charts = [
  {
    title: 'Requests by status'
    query: 'AppMetrics | where Name == "mfareset.requests" | summarize sum(Sum) by bin(TimeGenerated, 1h), status = tostring(Properties.status)'
    visualization: 'barchart'
  }
  {
    title: 'Targets by outcome'
    query: 'AppMetrics | where Name == "mfareset.targets" | summarize sum(Sum) by bin(TimeGenerated, 1h), outcome = tostring(Properties.outcome)'
    visualization: 'barchart'
  }
  {
    title: 'Minutes that requests waited for approval'
    query: 'AppMetrics | where Name == "mfareset.approval.wait" | summarize average = sum(Sum) / sum(ItemCount) / 60, longest = max(Max) / 60 by bin(TimeGenerated, 1h)'
    visualization: 'timechart'
  }
  {
    title: 'Graph calls by customer tenant and status'
    query: 'AppMetrics | where Name == "mfareset.graph.calls" | summarize calls = sum(Sum) by tenant = tostring(Properties.tenant), status = tostring(Properties.status) | order by calls desc'
    visualization: 'table'
  }
  {
    title: 'Throttled calls (429) by customer tenant'
    query: 'AppMetrics | where Name == "mfareset.graph.throttled" | summarize sum(Sum) by bin(TimeGenerated, 15m), tenant = tostring(Properties.tenant)'
    visualization: 'timechart'
  }
  {
    title: 'Callbacks and mails by result'
    query: 'AppMetrics | where Name in ("mfareset.callbacks", "mfareset.mails") | summarize sum(Sum) by Name, result = tostring(Properties.result)'
    visualization: 'table'
  }
]

var items = [for chart in charts: {
  type: 3
  name: chart.title
  content: {
    version: 'KqlItem/1.0'
    title: chart.title
    query: chart.query
    size: 0
    timeContext: { durationMs: 86400000 } // a day
    queryType: 0
    resourceType: 'microsoft.operationalinsights/workspaces'
    visualization: chart.visualization
  }
}]

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspaceId, 'mfareset')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'MFA resets'
    category: 'workbook'
    sourceId: workspaceId
    serializedData: string({ version: 'Notebook/1.0', items: items })
  }
}
