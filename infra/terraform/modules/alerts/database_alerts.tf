locals {
  database_alerts = {
    database-storage = {
      description = "PostgreSQL's disk is filling up. It grows by itself, but not for ever, and a full one is read-only."
      metric      = "storage_percent"
      aggregation = "Average"
      threshold   = 80
      severity    = 2
    }
    database-connections = {
      description = "PostgreSQL has nearly as many connections as it grants: the next replica is turned away."
      metric      = "active_connections"
      aggregation = "Maximum"
      threshold   = floor(0.8 * var.database.granted_connections)
      severity    = 2
    }
    database-connections-failed = {
      description = "Connections to PostgreSQL fail: identities, network, or no connection is left."
      metric      = "connections_failed"
      aggregation = "Total"
      threshold   = 10
      severity    = 2
    }
  }
}
