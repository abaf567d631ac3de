output "virtual_network_id" {
  description = "Resource id of the virtual network."
  value       = azurerm_virtual_network.this.id
}

output "apps_subnet_id" {
  description = "Subnet of the Container Apps environment."
  value       = azurerm_subnet.apps.id
}

output "operations_subnet_id" {
  description = "Subnet from which people reach the private endpoints."
  value       = azurerm_subnet.operations.id
}

output "private_endpoint_ids" {
  description = "Resource ids of the private endpoints by name."
  value       = { for name, endpoint in azurerm_private_endpoint.this : name => endpoint.id }
}
