locals {
  # Name of the private DNS zone that Azure resolves each kind of private endpoint through.
  zones = {
    namespace        = "privatelink.servicebus.windows.net"
    postgresqlServer = "privatelink.postgres.database.azure.com"
    vault            = "privatelink.vaultcore.azure.net"
  }
  # AMQP over TLS, AMQP over WebSocket and HTTPS, PostgreSQL.
  ports = ["5671", "5672", "443", "5432"]
}

resource "azurerm_virtual_network" "this" {
  name                = "${var.name}-vnet"
  resource_group_name = var.resource_group_name
  location            = var.location
  address_space       = [var.address_space]
  tags                = var.tags
}

resource "azurerm_subnet" "apps" {
  name                 = "apps"
  resource_group_name  = var.resource_group_name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = [cidrsubnet(var.address_space, 7, 0)]

  delegation {
    name = "container-apps"

    service_delegation {
      name    = "Microsoft.App/environments"
      actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    }
  }
}

resource "azurerm_subnet" "private_endpoints" {
  name                 = "private-endpoints"
  resource_group_name  = var.resource_group_name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = [cidrsubnet(var.address_space, 8, 2)]

  # Off by default in Azure: without it a security group does not apply to private endpoints.
  private_endpoint_network_policies = "Enabled"
  default_outbound_access_enabled   = false
}

resource "azurerm_network_security_group" "private_endpoints" {
  name                = "${var.name}-private-endpoints"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

# For people: a jump host, a VPN gateway or a build agent that has to reach the vault or the database goes here.
resource "azurerm_subnet" "operations" {
  name                 = "operations"
  resource_group_name  = var.resource_group_name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = [cidrsubnet(var.address_space, 8, 3)]

  default_outbound_access_enabled = false
}

# Without rules of its own: Azure's defaults let nothing in from outside of the virtual network.
resource "azurerm_network_security_group" "operations" {
  name                = "${var.name}-operations"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_subnet_network_security_group_association" "operations" {
  subnet_id                 = azurerm_subnet.operations.id
  network_security_group_id = azurerm_network_security_group.operations.id
}

resource "azurerm_network_security_rule" "insiders_in" {
  name                        = "allow-apps-and-operations"
  resource_group_name         = var.resource_group_name
  network_security_group_name = azurerm_network_security_group.private_endpoints.name

  priority                   = 100
  direction                  = "Inbound"
  access                     = "Allow"
  protocol                   = "Tcp"
  source_address_prefixes    = concat(azurerm_subnet.apps.address_prefixes, azurerm_subnet.operations.address_prefixes)
  source_port_range          = "*"
  destination_address_prefix = "*"
  destination_port_ranges    = local.ports
}

resource "azurerm_network_security_rule" "nothing_else_in" {
  name                        = "deny-the-rest"
  resource_group_name         = var.resource_group_name
  network_security_group_name = azurerm_network_security_group.private_endpoints.name

  priority                   = 4096
  direction                  = "Inbound"
  access                     = "Deny"
  protocol                   = "*"
  source_address_prefix      = "*"
  source_port_range          = "*"
  destination_address_prefix = "*"
  destination_port_range     = "*"
}

resource "azurerm_subnet_network_security_group_association" "private_endpoints" {
  subnet_id                 = azurerm_subnet.private_endpoints.id
  network_security_group_id = azurerm_network_security_group.private_endpoints.id
}

resource "azurerm_private_dns_zone" "this" {
  for_each = toset([for endpoint in var.private_endpoints : local.zones[endpoint.subresource]])

  name                = each.key
  resource_group_name = var.resource_group_name
  tags                = var.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "this" {
  for_each = azurerm_private_dns_zone.this

  name                  = "${var.name}-link"
  resource_group_name   = var.resource_group_name
  private_dns_zone_name = each.value.name
  virtual_network_id    = azurerm_virtual_network.this.id
  tags                  = var.tags
}

resource "azurerm_private_endpoint" "this" {
  for_each = var.private_endpoints

  name                = "${var.name}-${each.key}"
  resource_group_name = var.resource_group_name
  location            = var.location
  subnet_id           = azurerm_subnet.private_endpoints.id

  private_service_connection {
    name                           = each.key
    private_connection_resource_id = each.value.resource_id
    subresource_names              = [each.value.subresource]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "default"
    private_dns_zone_ids = [azurerm_private_dns_zone.this[local.zones[each.value.subresource]].id]
  }

  tags = var.tags
}
