output "action_group_id" {
  description = "Resource id of the action group, for alerts of your own."
  value       = azurerm_monitor_action_group.this.id
}

output "alert_names" {
  description = "Names of all alerts."
  value = sort(concat(
    values(azurerm_monitor_metric_alert.service_bus)[*].name,
    values(azurerm_monitor_metric_alert.replicas_exhausted)[*].name,
    values(azurerm_monitor_metric_alert.replicas_missing)[*].name,
    values(azurerm_monitor_metric_alert.database)[*].name,
    [azurerm_monitor_metric_alert.scheduled_growing.name],
    values(azurerm_monitor_scheduled_query_rules_alert_v2.logs)[*].name,
  ))
}
