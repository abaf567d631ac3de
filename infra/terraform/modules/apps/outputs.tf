output "environment_id" {
  description = "Resource id of the Container Apps environment."
  value       = azurerm_container_app_environment.this.id
}

output "order_api_url" {
  description = "Where order-api answers."
  value       = "https://${azurerm_container_app.this["order-api"].ingress[0].fqdn}"
}

output "app_ids" {
  description = "Resource ids of the container apps by name."
  value       = { for app, deployed in azurerm_container_app.this : app => deployed.id }
}

output "replicas" {
  description = "Least and most replicas of each app, for alerts."
  value = {
    for app, deployed in azurerm_container_app.this : app => {
      min = deployed.template[0].min_replicas
      max = deployed.template[0].max_replicas
    }
  }
}

output "migration_jobs" {
  description = "Names of the jobs that migrate each app's database."
  value       = { for app, job in azurerm_container_app_job.migrate : app => job.name }
}
