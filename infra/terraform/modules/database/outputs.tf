output "server_id" {
  description = "Resource id of the server."
  value       = azurerm_postgresql_flexible_server.this.id
}

output "host" {
  description = "Host name of the server."
  value       = azurerm_postgresql_flexible_server.this.fqdn
}

output "database_names" {
  description = "Database of each app."
  value       = { for app, database in azurerm_postgresql_flexible_server_database.app : app => database.name }
}
