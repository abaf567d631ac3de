provider "azurerm" {
  features {}
}

# Small and cheap, reachable from a developer's machine, gone with one `terraform destroy`.
module "system" {
  source = "../../modules/system"

  project               = var.project
  location              = var.location
  tags                  = merge({ environment = "dev" }, var.tags)
  alert_email           = var.alert_email
  private               = false
  protected             = false
  sb_sku                = var.sb_sku
  sb_capacity           = 0
  sas_enabled           = var.sas_enabled
  queue_name            = var.queue_name
  topic_name            = var.topic_name
  image_prefix          = var.image_prefix
  image_tag             = var.image_tag
  container_registry_id = var.container_registry_id
  operations_enabled    = var.operations_enabled

  database = {
    sku_name = "B_Standard_B1ms"
    # It lets 35 connections in, and eleven replicas may run.
    pool_size = 2
  }

  scale = {
    order-api        = { min_replicas = 1, max_replicas = 2, messages_per_replica = 200, cpu = 0.25 }
    order-worker     = { min_replicas = 1, max_replicas = 3, cpu = 0.25 }
    billing-worker   = { min_replicas = 1, max_replicas = 3, cpu = 0.25 }
    analytics-worker = { min_replicas = 1, max_replicas = 2, messages_per_replica = 200, cpu = 0.25 }
  }
}
