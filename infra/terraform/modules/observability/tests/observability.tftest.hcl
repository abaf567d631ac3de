mock_provider "azurerm" {}

variables {
  name                = "orderflow-test"
  resource_group_name = "rg-test"
  location            = "westeurope"
}

run "insights_live_in_the_workspace_without_keys" {
  assert {
    condition     = azurerm_application_insights.this.workspace_id == output.workspace_id
    error_message = "Application Insights stores its data in the workspace."
  }

  assert {
    condition     = azurerm_application_insights.this.local_authentication_disabled
    error_message = "An instrumentation key must not be enough to send telemetry."
  }

  assert {
    condition     = azurerm_log_analytics_workspace.this.daily_quota_gb == 5
    error_message = "Ingestion is limited by default."
  }
}

run "refuses_short_retention" {
  command = plan

  variables {
    retention_in_days = 7
  }

  expect_failures = [var.retention_in_days]
}
