mock_provider "azurerm" {}

variables {
  name                = "orderflow-test"
  resource_group_name = "rg-test"
  location            = "westeurope"
  private_endpoints = {
    servicebus = { resource_id = "/namespaces/sb", subresource = "namespace" }
    database   = { resource_id = "/servers/pg", subresource = "postgresqlServer" }
    key-vault  = { resource_id = "/vaults/kv", subresource = "vault" }
  }
}

run "endpoints_resolve_privately" {
  assert {
    condition     = keys(azurerm_private_endpoint.this) == ["database", "key-vault", "servicebus"]
    error_message = "One private endpoint a resource."
  }

  assert {
    condition     = one(azurerm_private_endpoint.this["servicebus"].private_dns_zone_group[0].private_dns_zone_ids) == azurerm_private_dns_zone.this["privatelink.servicebus.windows.net"].id
    error_message = "The endpoint registers in the zone of its service."
  }

  assert {
    condition     = keys(azurerm_private_dns_zone_virtual_network_link.this) == keys(azurerm_private_dns_zone.this)
    error_message = "Every zone is linked to the virtual network."
  }
}

run "only_apps_and_operations_reach_the_endpoints" {
  command = plan

  assert {
    condition     = azurerm_network_security_rule.insiders_in.access == "Allow" && toset(azurerm_network_security_rule.insiders_in.source_address_prefixes) == toset(["10.40.0.0/23", "10.40.3.0/24"])
    error_message = "Only the subnets of the apps and of operations are let in."
  }

  assert {
    condition     = azurerm_network_security_rule.nothing_else_in.access == "Deny" && azurerm_network_security_rule.nothing_else_in.source_address_prefix == "*"
    error_message = "Everything else is refused."
  }

  assert {
    condition     = azurerm_subnet.private_endpoints.private_endpoint_network_policies == "Enabled"
    error_message = "Security groups must apply to private endpoints."
  }
}

run "refuses_an_unknown_subresource" {
  command = plan

  variables {
    private_endpoints = { storage = { resource_id = "/storage", subresource = "blob" } }
  }

  expect_failures = [var.private_endpoints]
}

run "refuses_a_small_address_space" {
  command = plan

  variables {
    address_space = "10.0.0.0/24"
  }

  expect_failures = [var.address_space]
}
