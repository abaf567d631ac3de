mock_provider "azurerm" {}

variables {
  name                      = "orderflow-test"
  resource_group_name       = "rg-test"
  location                  = "westeurope"
  tenant_id                 = "11111111-1111-1111-1111-111111111111"
  migrations_principal_id   = "22222222-2222-2222-2222-222222222222"
  migrations_principal_name = "orderflow-test-migrations"
}

run "entra_only_and_a_database_per_app" {
  assert {
    condition     = azurerm_postgresql_flexible_server.this.authentication[0].active_directory_auth_enabled && !azurerm_postgresql_flexible_server.this.authentication[0].password_auth_enabled
    error_message = "Passwords are off; identities log in with Entra tokens."
  }

  assert {
    condition     = keys(output.database_names) == ["analytics-worker", "billing-worker", "order-api", "order-worker"]
    error_message = "Each app has a database of its own."
  }

  assert {
    condition     = azurerm_postgresql_flexible_server_configuration.require_tls.value == "on"
    error_message = "Connections without TLS are refused."
  }

  assert {
    condition     = !azurerm_postgresql_flexible_server.this.public_network_access_enabled && length(azurerm_postgresql_flexible_server_firewall_rule.azure) == 0
    error_message = "The server is private unless asked otherwise."
  }
}

run "public_means_from_azure_only" {
  command = plan

  variables {
    public_network_access_enabled = true
  }

  assert {
    condition     = azurerm_postgresql_flexible_server_firewall_rule.azure[0].start_ip_address == "0.0.0.0" && azurerm_postgresql_flexible_server_firewall_rule.azure[0].end_ip_address == "0.0.0.0"
    error_message = "A public server is open to Azure, not to the internet."
  }
}

run "zone_redundant_in_production_sizes" {
  command = plan

  variables {
    sku_name       = "GP_Standard_D2ds_v5"
    zone_redundant = true
  }

  assert {
    condition     = azurerm_postgresql_flexible_server.this.high_availability[0].mode == "ZoneRedundant"
    error_message = "zone_redundant puts a standby into another zone."
  }
}

run "refuses_a_zone_redundant_burstable" {
  command = plan

  variables {
    zone_redundant = true
  }

  expect_failures = [azurerm_postgresql_flexible_server.this]
}
