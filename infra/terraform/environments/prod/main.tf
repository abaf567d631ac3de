provider "azurerm" {
  features {}
}

# Premium behind private endpoints, spread over zones, locked against deletion, no shared access key.
module "system" {
  source = "../../modules/system"

  project               = var.project
  location              = var.location
  tags                  = merge({ environment = "prod" }, var.tags)
  alert_email           = var.alert_email
  private               = true
  protected             = true
  sb_sku                = "Premium"
  sb_capacity           = var.sb_capacity
  image_prefix          = var.image_prefix
  image_tag             = var.image_tag
  container_registry_id = var.container_registry_id
  operations_enabled    = var.operations_enabled
  scaler_role           = var.scaler_role
  backlog_thresholds    = var.backlog_thresholds
  log_retention_in_days = 90
  address_space         = var.address_space

  database = {
    sku_name              = var.database_sku_name
    backup_retention_days = 35
    geo_redundant_backup  = true
    zone_redundant        = true
    # The default size lets 844 connections in, and 61 replicas may run.
    pool_size = 12
  }

  scale = {
    order-api        = { min_replicas = 2, max_replicas = 10, messages_per_replica = 200 }
    order-worker     = { min_replicas = 2, max_replicas = 20 }
    billing-worker   = { min_replicas = 2, max_replicas = 20 }
    analytics-worker = { min_replicas = 2, max_replicas = 10, messages_per_replica = 200 }
  }
}
