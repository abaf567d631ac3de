output "apps" {
  description = "Identity of each app: resource id, client id and principal id."
  value = {
    for app, identity in azurerm_user_assigned_identity.app : app => {
      id           = identity.id
      client_id    = identity.client_id
      principal_id = identity.principal_id
      name         = identity.name
    }
  }
}

output "workloads" {
  description = "Name (its role in PostgreSQL) and client id of every identity that a cluster needs to know, `scaler` and `migrations` included, `operations` where they are enabled."
  value = {
    for workload, identity in merge(
      azurerm_user_assigned_identity.app,
      {
        migrations = azurerm_user_assigned_identity.migrations
        scaler     = azurerm_user_assigned_identity.scaler
      },
      { for identity in azurerm_user_assigned_identity.operations : "operations" => identity },
    ) : workload => { name = identity.name, client_id = identity.client_id }
  }
}

output "scaler_id" {
  description = "Resource id of the scaler's identity."
  value       = azurerm_user_assigned_identity.scaler.id
}

output "migrations" {
  description = "Identity of the migration jobs."
  value = {
    id           = azurerm_user_assigned_identity.migrations.id
    client_id    = azurerm_user_assigned_identity.migrations.client_id
    principal_id = azurerm_user_assigned_identity.migrations.principal_id
    name         = azurerm_user_assigned_identity.migrations.name
  }
}

output "operations" {
  description = "Identity of the operations deployment; null unless operations_enabled."
  value = one([
    for identity in azurerm_user_assigned_identity.operations : {
      id           = identity.id
      client_id    = identity.client_id
      principal_id = identity.principal_id
      name         = identity.name
    }
  ])
}
