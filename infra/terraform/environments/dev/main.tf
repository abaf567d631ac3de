provider "azurerm" {
  features {
    servicebus {
      # Without it a subscription is born with a rule that lets everything through.
      auto_delete_subscription_default_rule = true
    }
  }
}

# Small and cheap, reachable from a developer's machine, gone with one `terraform destroy`.
module "system" {
  source = "../../modules/system"

  project               = var.project
  name_suffix           = var.name_suffix
  location              = var.location
  tags                  = merge({ environment = "dev" }, var.tags)
  alert_email           = var.alert_email
  access                = var.access
  tracing               = var.tracing
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
  alert_webhook         = var.alert_webhook
  ordered               = var.ordered
  kubernetes = var.kubernetes_issuer_url == null ? null : {
    oidc_issuer_url = var.kubernetes_issuer_url
    namespace       = var.kubernetes_namespace
  }

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
