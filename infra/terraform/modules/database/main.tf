locals {
  # Connections left for applications, by size: max_connections less the 15 that Azure keeps (its page on limits).
  granted_connections = {
    B_Standard_B1ms      = 35
    B_Standard_B2s       = 414
    B_Standard_B2ms      = 844
    GP_Standard_D2ds_v5  = 844
    GP_Standard_D4ds_v5  = 1703
    GP_Standard_D8ds_v5  = 3422
    GP_Standard_D16ds_v5 = 4985
  }
}

resource "azurerm_postgresql_flexible_server" "this" {
  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location

  version                       = "17"
  sku_name                      = var.sku_name
  storage_mb                    = var.storage_mb
  backup_retention_days         = var.backup_retention_days
  geo_redundant_backup_enabled  = var.geo_redundant_backup_enabled
  auto_grow_enabled             = true
  public_network_access_enabled = var.public_network_access_enabled

  # There is no password to leak: identities log in with Entra tokens.
  authentication {
    active_directory_auth_enabled = true
    password_auth_enabled         = false
    tenant_id                     = var.tenant_id
  }

  dynamic "high_availability" {
    for_each = var.zone_redundant ? [1] : []

    content {
      mode = "ZoneRedundant"
    }
  }

  tags = var.tags

  lifecycle {
    # What Azure changes by itself: it grows the disk (shrinking it back would replace the server), and a failover swaps
    # the zones.
    ignore_changes = [storage_mb, zone, high_availability[0].standby_availability_zone]

    precondition {
      condition     = !var.zone_redundant || !startswith(var.sku_name, "B_")
      error_message = "Burstable servers cannot be zone redundant: choose a GP_ or MO_ sku_name."
    }
  }
}

resource "azurerm_postgresql_flexible_server_active_directory_administrator" "migrations" {
  server_name         = azurerm_postgresql_flexible_server.this.name
  resource_group_name = var.resource_group_name
  tenant_id           = var.tenant_id
  object_id           = var.migrations_principal_id
  principal_name      = var.migrations_principal_name
  principal_type      = "ServicePrincipal"
}

resource "azurerm_postgresql_flexible_server_database" "app" {
  for_each = var.databases

  name      = each.value
  server_id = azurerm_postgresql_flexible_server.this.id
  charset   = "UTF8"
  collation = "en_US.utf8"
}

resource "azurerm_postgresql_flexible_server_configuration" "require_tls" {
  name      = "require_secure_transport"
  server_id = azurerm_postgresql_flexible_server.this.id
  value     = "on"
}

# 0.0.0.0 is Azure's notation for "from inside Azure"; needed while there is no private endpoint.
resource "azurerm_postgresql_flexible_server_firewall_rule" "azure" {
  count = var.public_network_access_enabled ? 1 : 0

  name             = "allow-azure-services"
  server_id        = azurerm_postgresql_flexible_server.this.id
  start_ip_address = "0.0.0.0"
  end_ip_address   = "0.0.0.0"
}
