mock_provider "azurerm" {
  mock_resource "azurerm_key_vault" {
    defaults = {
      vault_uri = "https://orderflow-kv.vault.azure.net/"
    }
  }
}

variables {
  project      = "orderflow-test"
  location     = "westeurope"
  alert_email  = "alerts@example.com"
  image_prefix = "registry.example.com/orderflow"
  image_tag    = "1.0.0"
  private      = false
  protected    = false
  sb_sku       = "Standard"
  sb_capacity  = 0
  database     = { sku_name = "B_Standard_B1ms" }
  scale = {
    order-api        = { min_replicas = 1, max_replicas = 3 }
    order-worker     = { min_replicas = 1, max_replicas = 5 }
    billing-worker   = { min_replicas = 1, max_replicas = 5 }
    analytics-worker = { min_replicas = 1, max_replicas = 3 }
  }
}

run "public_has_no_network" {
  assert {
    condition     = length(module.network) == 0 && output.private_endpoint_ids == {}
    error_message = "Without private endpoints there is no virtual network to pay for."
  }

  assert {
    condition     = length(azurerm_management_lock.keep) == 0
    error_message = "What is not protected can be destroyed in one command."
  }
}

run "private_closes_everything" {
  variables {
    private     = true
    sb_sku      = "Premium"
    sb_capacity = 1
  }

  assert {
    condition     = keys(output.private_endpoint_ids) == ["database", "key-vault", "servicebus"]
    error_message = "Service Bus, PostgreSQL and Key Vault have private endpoints."
  }

  assert {
    condition     = !azurerm_key_vault.this.public_network_access_enabled && azurerm_key_vault.this.network_acls[0].default_action == "Deny"
    error_message = "The vault has no public face."
  }
}

run "protected_is_locked" {
  variables {
    protected = true
  }

  assert {
    condition     = keys(azurerm_management_lock.keep) == ["database", "service-bus"] && azurerm_key_vault.this.purge_protection_enabled
    error_message = "What holds data cannot be deleted by accident."
  }
}

run "refuses_a_long_project" {
  command = plan

  variables {
    project = "a-name-that-is-too-long-for-a-key-vault"
  }

  expect_failures = [var.project]
}
