output "namespace_id" {
  description = "Resource id of the namespace."
  value       = azurerm_servicebus_namespace.this.id
}

output "namespace_name" {
  description = "Name of the namespace, as the scaler wants it."
  value       = azurerm_servicebus_namespace.this.name
}

output "fully_qualified_namespace" {
  description = "Host name the apps connect to (SERVICEBUS_FULLY_QUALIFIED_NAMESPACE)."
  value       = "${azurerm_servicebus_namespace.this.name}.servicebus.windows.net"
}

output "sku" {
  description = "Standard or Premium."
  value       = azurerm_servicebus_namespace.this.sku
}

output "queue_ids" {
  description = "Resource ids of the queues by key."
  value       = { for key, queue in azurerm_servicebus_queue.this : key => queue.id }
}

output "queue_names" {
  description = "Names of the queues by key."
  value       = { for key, queue in azurerm_servicebus_queue.this : key => queue.name }
}

output "ordered_queues" {
  description = "Keys of the queues with sessions by the key of the one that each is beside; empty unless ordered."
  value       = local.ordered
}

output "topic_id" {
  description = "Resource id of the topic of events."
  value       = azurerm_servicebus_topic.events.id
}

output "topic_name" {
  description = "Name of the topic of events."
  value       = azurerm_servicebus_topic.events.name
}

output "primary_connection_string" {
  description = "Connection string with Manage rights; null unless sas_enabled."
  value       = one(azurerm_servicebus_namespace_authorization_rule.manage[*].primary_connection_string)
  sensitive   = true
}
