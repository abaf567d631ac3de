output "resource_group" {
  description = "Name of the resource group."
  value       = azurerm_resource_group.this.name
}

output "namespace_name" {
  description = "Name of the Service Bus namespace."
  value       = module.service_bus.namespace_name
}

output "namespace_primary_connection_string" {
  description = "Connection string of Service Bus; null unless sas_enabled."
  value       = module.service_bus.primary_connection_string
  sensitive   = true
}

output "queue_name" {
  description = "Name of the queue of order commands."
  value       = module.service_bus.queue_names["orders"]
}

output "topic_name" {
  description = "Name of the topic of events."
  value       = module.service_bus.topic_name
}

output "order_api_url" {
  description = "Where order-api answers."
  value       = module.apps.order_api_url
}

output "identities" {
  description = "Name and client id of each workload's identity, for what runs outside of Container Apps; `scaler` is KEDA's."
  value       = module.identity.workloads
}

output "protected_ids" {
  description = "Resource ids of what holds messages or orders: environments/prod-locks locks them."
  value = {
    service-bus = module.service_bus.namespace_id
    database    = module.database.server_id
    key-vault   = azurerm_key_vault.this.id
  }
}

output "operations_subnet_id" {
  description = "Subnet from which people reach what is private; null where everything is public."
  value       = one(module.network[*].operations_subnet_id)
}

output "fully_qualified_namespace" {
  description = "Host name of Service Bus."
  value       = module.service_bus.fully_qualified_namespace
}

output "key_vault_name" {
  description = "Vault in which to set the secrets payment-gateway-url and, with operations, ops-export-key."
  value       = azurerm_key_vault.this.name
}

output "database_host" {
  description = "Host name of PostgreSQL."
  value       = module.database.host
}

output "migration_jobs" {
  description = "Names of the jobs to start before a deployment, by app."
  value       = module.apps.migration_jobs
}

output "private_endpoint_ids" {
  description = "Private endpoints by name; empty where everything is public."
  value       = try(module.network[0].private_endpoint_ids, {})
}

output "access" {
  description = "Whose access tokens the apps take."
  value       = local.access
}
