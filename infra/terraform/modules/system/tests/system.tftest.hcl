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
  command = plan

  assert {
    condition     = length(module.network) == 0 && output.private_endpoint_ids == {}
    error_message = "Without private endpoints there is no virtual network to pay for."
  }

  assert {
    condition     = !azurerm_key_vault.this.purge_protection_enabled
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

run "protected_vaults_cannot_be_purged" {
  command = plan

  variables {
    protected = true
  }

  assert {
    condition     = azurerm_key_vault.this.purge_protection_enabled && azurerm_key_vault.this.soft_delete_retention_days == 90
    error_message = "A deleted vault comes back, and nobody can purge it."
  }
}

run "refuses_a_long_project" {
  command = plan

  variables {
    project = "a-name-that-is-too-long-for-a-key-vault"
  }

  expect_failures = [var.project]
}

run "names_that_are_unique_in_the_world" {
  command = plan

  variables {
    name_suffix = "a1b2"
  }

  assert {
    condition     = output.namespace_name == "orderflow-test-bus-a1b2" && output.key_vault_name == "orderflow-test-kv-a1b2"
    error_message = "Names that are unique in the world end in the suffix."
  }
}

run "the_suffix_is_stable" {
  command = plan

  assert {
    condition     = can(regex("^orderflow-test-bus-[0-9a-f]{4}$", output.namespace_name))
    error_message = "Without a suffix of one's own it follows from subscription and project."
  }
}

run "refuses_two_dashes_in_a_row" {
  command = plan

  variables {
    project = "order--flow"
  }

  expect_failures = [var.project]
}

run "refuses_a_suffix_with_a_dash" {
  command = plan

  variables {
    name_suffix = "-ab1"
  }

  expect_failures = [var.name_suffix]
}

run "every_app_reads_the_headers_of_its_spans" {
  variables {
    operations_enabled = true
    tracing            = { endpoint = "https://otlp.example.com", headers = true }
  }

  assert {
    condition = { for name, secret in local.secrets : name => secret.app } == {
      "payment-gateway-url"                         = "billing-worker"
      "ops-export-key"                              = "operations"
      "otel-exporter-otlp-headers/order-api"        = "order-api"
      "otel-exporter-otlp-headers/order-worker"     = "order-worker"
      "otel-exporter-otlp-headers/billing-worker"   = "billing-worker"
      "otel-exporter-otlp-headers/analytics-worker" = "analytics-worker"
      "otel-exporter-otlp-headers/operations"       = "operations"
    }
    error_message = "An app whose identity may not read its secret does not start."
  }
}

run "only_operations_read_the_secrets_of_the_webhook" {
  variables {
    operations_enabled = true
    alert_webhook      = true
  }

  assert {
    condition = { for name, secret in local.secrets : name => secret.app } == {
      "payment-gateway-url"      = "billing-worker"
      "ops-export-key"           = "operations"
      "ops-alert-webhook-url"    = "operations"
      "ops-alert-webhook-secret" = "operations"
    }
    error_message = "An app whose identity may not read its secret does not start."
  }
}

run "refuses_a_webhook_that_nobody_would_call" {
  command = plan

  variables {
    alert_webhook = true
  }

  expect_failures = [var.alert_webhook]
}
