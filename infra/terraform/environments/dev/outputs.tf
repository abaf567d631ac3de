output "resource_group" {
  description = "Name of the resource group."
  value       = module.system.resource_group
}

output "namespace_name" {
  description = "Name of the Service Bus namespace."
  value       = module.system.namespace_name
}

output "namespace_primary_connection_string" {
  description = "Connection string of Service Bus; null unless sas_enabled."
  value       = module.system.namespace_primary_connection_string
  sensitive   = true
}

output "queue_name" {
  description = "Name of the queue of order commands."
  value       = module.system.queue_name
}

output "topic_name" {
  description = "Name of the topic of events."
  value       = module.system.topic_name
}

output "order_api_url" {
  description = "Where order-api answers."
  value       = module.system.order_api_url
}

output "identities" {
  description = "Name and client id of each workload's identity; `scaler` is KEDA's."
  value       = module.system.identities
}

output "fully_qualified_namespace" {
  description = "Host name of Service Bus."
  value       = module.system.fully_qualified_namespace
}

output "key_vault_name" {
  description = "Vault in which to set the secrets payment-gateway-url and, with operations, ops-export-key."
  value       = module.system.key_vault_name
}

output "database_host" {
  description = "Host name of PostgreSQL."
  value       = module.system.database_host
}

output "migration_jobs" {
  description = "Names of the jobs to start before a deployment, by app."
  value       = module.system.migration_jobs
}

output "access" {
  description = "Whose access tokens the apps take."
  value       = module.system.access
}
