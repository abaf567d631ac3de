mock_provider "azurerm" {
  mock_resource "azurerm_key_vault" {
    defaults = {
      vault_uri = "https://orderflow-kv.vault.azure.net/"
    }
  }
}

variables {
  project               = "orderflow-prod"
  location              = "westeurope"
  alert_email           = "on-call@example.com"
  image_prefix          = "yourregistry.azurecr.io/orderflow"
  image_tag             = "1.0.0"
  container_registry_id = "/subscriptions/0/registries/yourregistry"
}

run "private_endpoints_are_not_optional" {
  assert {
    condition     = keys(output.private_endpoint_ids) == ["database", "key-vault", "servicebus"]
    error_message = "Production is reached through private endpoints."
  }

  assert {
    condition     = keys(output.migration_jobs) == ["analytics-worker", "billing-worker", "order-api", "order-worker"]
    error_message = "Every app's database has its migration job."
  }
}

run "what_holds_data_is_there_to_be_locked" {
  command = plan

  assert {
    condition     = keys(output.protected_ids) == ["database", "key-vault", "service-bus"]
    error_message = "prod-locks locks what holds messages, orders and secrets."
  }
}

run "refuses_a_burstable_database" {
  command = plan

  variables {
    database_sku_name = "B_Standard_B1ms"
  }

  expect_failures = [var.database_sku_name]
}
