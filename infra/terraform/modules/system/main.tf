data "azurerm_client_config" "current" {}

locals {
  tags      = merge({ system = "orderflow", project = var.project }, var.tags)
  workers   = ["order-worker", "billing-worker", "analytics-worker"]
  images    = { for app in concat(["order-api", "cli"], local.workers) : app => "${var.image_prefix}/${app}:${var.image_tag}" }
  tenant_id = data.azurerm_client_config.current.tenant_id

  access = var.access != null ? var.access : {
    issuer         = "https://login.microsoftonline.com/${local.tenant_id}/v2.0"
    audience       = "api://${var.project}"
    jwks_url       = "https://login.microsoftonline.com/${local.tenant_id}/discovery/v2.0/keys"
    customer_claim = "customer_id"
  }

  # What is unique in the world: the same at every apply, another one in every subscription.
  suffix = coalesce(
    var.name_suffix,
    substr(sha256("${data.azurerm_client_config.current.subscription_id}/${var.project}"), 0, 4),
  )

  # The secrets of the system. Their values are set with `az keyvault secret set`, never by Terraform.
  gateway_secret         = "payment-gateway-url"
  tracing_headers_secret = "otel-exporter-otlp-headers"
  export_key_secret      = "ops-export-key"
  alert_webhook_secrets  = { url = "ops-alert-webhook-url", signing = "ops-alert-webhook-secret" }

  # Every app exports its spans itself.
  reads_tracing_headers = try(var.tracing.headers, false) ? concat(["order-api"], local.workers, var.operations_enabled ? ["operations"] : []) : []

  secrets = merge(
    {
      (local.gateway_secret) = {
        app   = "billing-worker"
        scope = "${azurerm_key_vault.this.id}/secrets/${local.gateway_secret}"
      }
    },
    var.operations_enabled ? {
      (local.export_key_secret) = {
        app   = "operations"
        scope = "${azurerm_key_vault.this.id}/secrets/${local.export_key_secret}"
      }
    } : {},
    {
      for name in values(local.alert_webhook_secrets) : name => {
        app   = "operations"
        scope = "${azurerm_key_vault.this.id}/secrets/${name}"
      } if var.alert_webhook
    },
    {
      for app in local.reads_tracing_headers : "${local.tracing_headers_secret}/${app}" => {
        app   = app
        scope = "${azurerm_key_vault.this.id}/secrets/${local.tracing_headers_secret}"
      }
    },
  )
}

resource "azurerm_resource_group" "this" {
  name     = "${var.project}-rg"
  location = var.location
  tags     = local.tags
}

module "observability" {
  source = "../observability"

  name                = var.project
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  retention_in_days   = var.log_retention_in_days
  daily_quota_gb      = var.log_daily_quota_gb
  tags                = local.tags
}

module "service_bus" {
  source = "../service-bus"

  name                          = "${var.project}-bus-${local.suffix}"
  resource_group_name           = azurerm_resource_group.this.name
  location                      = var.location
  sku                           = var.sb_sku
  capacity                      = var.sb_capacity
  public_network_access_enabled = !var.private
  sas_enabled                   = var.sas_enabled
  queue_name                    = var.queue_name
  topic_name                    = var.topic_name
  ordered                       = var.ordered
  log_analytics_workspace_id    = module.observability.workspace_id
  tags                          = local.tags
}

resource "azurerm_key_vault" "this" {
  name                = "${var.project}-kv-${local.suffix}"
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  tenant_id           = local.tenant_id
  sku_name            = "standard"

  rbac_authorization_enabled    = true
  purge_protection_enabled      = var.protected
  soft_delete_retention_days    = var.protected ? 90 : 7
  public_network_access_enabled = !var.private

  dynamic "network_acls" {
    for_each = var.private ? [1] : []

    content {
      default_action = "Deny"
      bypass         = "AzureServices"
    }
  }

  tags = local.tags
}

module "identity" {
  source = "../identity"

  name                  = var.project
  resource_group_name   = azurerm_resource_group.this.name
  location              = var.location
  namespace_id          = module.service_bus.namespace_id
  queue_ids             = module.service_bus.queue_ids
  topic_id              = module.service_bus.topic_id
  ordered_queues        = module.service_bus.ordered_queues
  scaler_role           = var.scaler_role
  operations_enabled    = var.operations_enabled
  container_registry_id = var.container_registry_id
  kubernetes            = var.kubernetes
  tags                  = local.tags

  secrets = local.secrets
}

module "database" {
  source = "../database"

  name                          = "${var.project}-pg-${local.suffix}"
  resource_group_name           = azurerm_resource_group.this.name
  location                      = var.location
  tenant_id                     = local.tenant_id
  migrations_principal_id       = module.identity.migrations.principal_id
  migrations_principal_name     = module.identity.migrations.name
  sku_name                      = var.database.sku_name
  backup_retention_days         = var.database.backup_retention_days
  geo_redundant_backup_enabled  = var.database.geo_redundant_backup
  zone_redundant                = var.database.zone_redundant
  public_network_access_enabled = !var.private
  tags                          = local.tags
}

module "network" {
  source = "../network"
  count  = var.private ? 1 : 0

  name                = var.project
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  address_space       = var.address_space
  tags                = local.tags

  private_endpoints = {
    servicebus = { resource_id = module.service_bus.namespace_id, subresource = "namespace" }
    database   = { resource_id = module.database.server_id, subresource = "postgresqlServer" }
    key-vault  = { resource_id = azurerm_key_vault.this.id, subresource = "vault" }
  }
}

module "apps" {
  source = "../apps"

  name                          = var.project
  resource_group_name           = azurerm_resource_group.this.name
  location                      = var.location
  images                        = local.images
  registry_server               = var.container_registry_id == null ? null : split("/", var.image_prefix)[0]
  scale                         = var.scale
  identities                    = module.identity.apps
  scaler_identity_id            = module.identity.scaler_id
  migrations_identity           = module.identity.migrations
  operations_identity           = module.identity.operations
  operations_key_secret_id      = var.operations_enabled ? "${azurerm_key_vault.this.vault_uri}secrets/${local.export_key_secret}" : null
  namespace_name                = module.service_bus.namespace_name
  fully_qualified_namespace     = module.service_bus.fully_qualified_namespace
  queue_names                   = module.service_bus.queue_names
  topic_name                    = module.service_bus.topic_name
  ordered                       = var.ordered
  database_host                 = module.database.host
  database_names                = module.database.database_names
  database_pool_size            = var.database.pool_size
  payment_gateway_url_secret_id = "${azurerm_key_vault.this.vault_uri}secrets/${local.gateway_secret}"
  access                        = local.access
  tracing = var.tracing == null ? null : {
    endpoint            = var.tracing.endpoint
    headers_secret_id   = var.tracing.headers ? "${azurerm_key_vault.this.vault_uri}secrets/${local.tracing_headers_secret}" : null
    resource_attributes = var.tracing.resource_attributes
  }
  operations_alert_webhook = var.alert_webhook ? {
    url_secret_id     = "${azurerm_key_vault.this.vault_uri}secrets/${local.alert_webhook_secrets.url}"
    signing_secret_id = "${azurerm_key_vault.this.vault_uri}secrets/${local.alert_webhook_secrets.signing}"
  } : null
  default_currency           = var.default_currency
  log_analytics_workspace_id = module.observability.workspace_id
  infrastructure_subnet_id   = one(module.network[*].apps_subnet_id)
  zone_redundant             = var.private
  tags                       = local.tags

  # A replica that starts before its roles, databases and private endpoints exist fails; one that publishes before every
  # subscription has its filter is heard by too many.
  depends_on = [module.identity, module.network, module.database, module.service_bus]
}

module "alerts" {
  source = "../alerts"

  name                = var.project
  resource_group_name = azurerm_resource_group.this.name
  location            = var.location
  alert_email         = var.alert_email
  namespace_id        = module.service_bus.namespace_id
  sku                 = var.sb_sku
  queue_names         = module.service_bus.queue_names
  topic_name          = module.service_bus.topic_name
  backlog_thresholds = merge(
    var.backlog_thresholds,
    # A backlog is as long with sessions.
    { for key, beside in module.service_bus.ordered_queues : beside => var.backlog_thresholds[key] if contains(keys(var.backlog_thresholds), key) },
  )
  log_volume_gb              = var.log_volume_gb
  log_analytics_workspace_id = module.observability.workspace_id
  tags                       = local.tags

  database = {
    id                  = module.database.server_id
    granted_connections = module.database.granted_connections
  }

  apps = {
    for app in concat(["order-api"], local.workers) : app => {
      id  = module.apps.app_ids[app]
      min = var.scale[app].min_replicas
      max = var.scale[app].max_replicas
    }
  }
}
