provider "azurerm" {
  features {
    servicebus {
      # Without it a subscription is born with a rule that lets everything through.
      auto_delete_subscription_default_rule = true
    }
  }
}

# Premium behind private endpoints, spread over zones, no shared access key. Locked against deletion by prod-locks.
module "system" {
  source = "../../modules/system"

  project               = var.project
  name_suffix           = var.name_suffix
  location              = var.location
  tags                  = merge({ environment = "prod" }, var.tags)
  alert_email           = var.alert_email
  access                = var.access
  tracing               = var.tracing
  private               = true
  protected             = true
  sb_sku                = "Premium"
  sb_capacity           = var.sb_capacity
  image_prefix          = var.image_prefix
  image_tag             = var.image_tag
  container_registry_id = var.container_registry_id
  operations_enabled    = var.operations_enabled
  alert_webhook         = var.alert_webhook
  ordered               = var.ordered
  kubernetes = var.kubernetes_issuer_url == null ? null : {
    oidc_issuer_url = var.kubernetes_issuer_url
    namespace       = var.kubernetes_namespace
  }
  scaler_role           = var.scaler_role
  backlog_thresholds    = var.backlog_thresholds
  log_retention_in_days = 90
  # No daily cap: at its end every alert on logs would be blind. The alert on the volume says it instead.
  log_daily_quota_gb = -1
  log_volume_gb      = var.log_volume_gb
  address_space      = var.address_space

  database = {
    sku_name              = var.database_sku_name
    backup_retention_days = 35
    geo_redundant_backup  = true
    zone_redundant        = true
    # The default size lets 844 connections in, and 62 replicas may run.
    pool_size = 12
  }

  scale = {
    order-api        = { min_replicas = 2, max_replicas = 10, messages_per_replica = 200 }
    order-worker     = { min_replicas = 2, max_replicas = 20 }
    billing-worker   = { min_replicas = 2, max_replicas = 20 }
    analytics-worker = { min_replicas = 2, max_replicas = 10, messages_per_replica = 200 }
  }
}
