resource "azurerm_log_analytics_workspace" "this" {
  name                = "${var.name}-logs"
  resource_group_name = var.resource_group_name
  location            = var.location

  sku               = "PerGB2018"
  retention_in_days = var.retention_in_days
  daily_quota_gb    = var.daily_quota_gb

  tags = var.tags
}

resource "azurerm_application_insights" "this" {
  name                = "${var.name}-insights"
  resource_group_name = var.resource_group_name
  location            = var.location

  application_type = "Node.JS"
  workspace_id     = azurerm_log_analytics_workspace.this.id

  # Telemetry is sent with the apps' identities, never with an instrumentation key.
  local_authentication_disabled = true

  tags = var.tags
}
