mock_provider "azurerm" {}

variables {
  name                = "orderflow-test"
  resource_group_name = "rg-test"
  location            = "westeurope"
}

run "ingestion_is_limited_unless_asked_otherwise" {
  command = plan

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
