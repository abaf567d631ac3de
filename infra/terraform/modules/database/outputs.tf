output "server_id" {
  description = "Resource id of the server."
  value       = azurerm_postgresql_flexible_server.this.id
}

output "granted_connections" {
  description = "Connections that the server's size leaves for applications; null for a size that is not in the table."
  value       = lookup(local.granted_connections, var.sku_name, null)
}

output "host" {
  description = "Host name of the server."
  value       = azurerm_postgresql_flexible_server.this.fqdn
}

output "database_names" {
  description = "Database of each app."
  value       = { for app, database in azurerm_postgresql_flexible_server_database.app : app => database.name }
}
