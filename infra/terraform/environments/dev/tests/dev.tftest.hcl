mock_provider "azurerm" {
  mock_resource "azurerm_key_vault" {
    defaults = {
      vault_uri = "https://orderflow-kv.vault.azure.net/"
    }
  }
}

# What the seed's terraform.tfvars gives, and no more.
variables {
  project     = "orderflow-dev"
  location    = "eastus"
  alert_email = "alerts@example.com"
  tags        = { owner = "somebody", env = "dev" }
}

run "the_seeds_outputs" {
  command = plan

  assert {
    condition     = output.resource_group == "orderflow-dev-rg" && can(regex("^orderflow-dev-bus-[0-9a-f]{4}$", output.namespace_name)) && output.queue_name == "orders" && output.topic_name == "events"
    error_message = "The outputs that the seeds' tools read keep their names and values."
  }

  assert {
    condition     = output.namespace_primary_connection_string == null
    error_message = "Without SAS there is no connection string."
  }
}

run "a_connection_string_on_request" {
  variables {
    sas_enabled = true
    queue_name  = "commands"
  }

  assert {
    condition     = output.namespace_primary_connection_string != null && output.queue_name == "commands"
    error_message = "sas_enabled answers a connection string, queue_name renames the queue."
  }
}

run "refuses_premium" {
  command = plan

  variables {
    sb_sku = "Premium"
  }

  expect_failures = [var.sb_sku]
}
