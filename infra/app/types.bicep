// Shapes that several modules take.

@export()
@description('Tags of a resource.')
type Tags = { *: string }

@export()
@description('The private DNS zone of each service that has a private endpoint: resource ids.')
type ZoneIds = {
  blob: string
  queue: string
  table: string
  servicebus: string
  vault: string
}
