resource "azurerm_container_app_environment" "this" {
  name                = "${var.name}-apps"
  resource_group_name = var.resource_group_name
  location            = var.location

  logs_destination           = "log-analytics"
  log_analytics_workspace_id = var.log_analytics_workspace_id

  infrastructure_subnet_id = var.infrastructure_subnet_id
  zone_redundancy_enabled  = var.infrastructure_subnet_id == null ? null : var.zone_redundant

  workload_profile {
    name                  = "Consumption"
    workload_profile_type = "Consumption"
  }

  tags = var.tags

  lifecycle {
    # Azure names this group itself when it is not given.
    ignore_changes = [infrastructure_resource_group_name]
  }
}

resource "azurerm_container_app" "this" {
  for_each = local.deployments

  name                         = each.key
  resource_group_name          = var.resource_group_name
  container_app_environment_id = azurerm_container_app_environment.this.id
  revision_mode                = "Single"
  workload_profile_name        = "Consumption"

  identity {
    type         = "UserAssigned"
    identity_ids = each.value.queue == null ? [each.value.identity.id] : [each.value.identity.id, var.scaler_identity_id]
  }

  dynamic "registry" {
    for_each = var.registry_server == null ? [] : [var.registry_server]

    content {
      server   = registry.value
      identity = each.value.identity.id
    }
  }

  # The value stays in Key Vault: neither Terraform's state nor its plan ever holds it.
  dynamic "secret" {
    for_each = each.value.secrets

    content {
      name                = lower(replace(secret.key, "_", "-"))
      key_vault_secret_id = secret.value
      identity            = each.value.identity.id
    }
  }

  ingress {
    external_enabled           = each.value.external
    target_port                = each.value.port
    transport                  = "http"
    allow_insecure_connections = false

    traffic_weight {
      latest_revision = true
      percentage      = 100
    }
  }

  template {
    min_replicas                     = each.value.scale.min_replicas
    max_replicas                     = each.value.scale.max_replicas
    polling_interval_in_seconds      = 15
    cooldown_period_in_seconds       = 300
    termination_grace_period_seconds = var.termination_grace_period_seconds

    container {
      name   = each.key
      image  = each.value.image
      cpu    = each.value.scale.cpu
      memory = "${each.value.scale.cpu * 2}Gi"

      dynamic "env" {
        for_each = each.value.environment

        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = each.value.secrets

        content {
          name        = env.key
          secret_name = lower(replace(env.key, "_", "-"))
        }
      }

      startup_probe {
        transport               = "HTTP"
        port                    = each.value.port
        path                    = "/health/startup"
        interval_seconds        = 5
        timeout                 = 3
        failure_count_threshold = 30
      }

      liveness_probe {
        transport               = "HTTP"
        port                    = each.value.port
        path                    = "/health/live"
        interval_seconds        = 10
        timeout                 = 3
        failure_count_threshold = 3
      }

      readiness_probe {
        transport               = "HTTP"
        port                    = each.value.port
        path                    = "/health/ready"
        interval_seconds        = 5
        timeout                 = 3
        failure_count_threshold = 3
      }
    }

    dynamic "custom_scale_rule" {
      for_each = each.value.queue == null ? [] : [each.value.queue]

      content {
        name             = "backlog"
        custom_rule_type = "azure-servicebus"
        identity_id      = var.scaler_identity_id
        metadata = {
          namespace    = var.namespace_name
          queueName    = custom_scale_rule.value
          messageCount = tostring(each.value.scale.messages_per_replica)
        }
      }
    }

    dynamic "http_scale_rule" {
      for_each = each.value.external ? [1] : []

      content {
        name                = "requests"
        concurrent_requests = "50"
      }
    }
  }

  tags = var.tags
}

# The alert on restarts compares values of a metric over time, which only a query over logs can.
resource "azurerm_monitor_diagnostic_setting" "app" {
  for_each = azurerm_container_app.this

  name                       = "to-log-analytics"
  target_resource_id         = each.value.id
  log_analytics_workspace_id = var.log_analytics_workspace_id

  enabled_metric {
    category = "AllMetrics"
  }
}

# Started by hand or by the pipeline before a deployment: an app that starts never migrates.
resource "azurerm_container_app_job" "migrate" {
  for_each = local.apps

  name                         = "migrate-${each.key}"
  resource_group_name          = var.resource_group_name
  location                     = var.location
  container_app_environment_id = azurerm_container_app_environment.this.id
  workload_profile_name        = "Consumption"
  replica_timeout_in_seconds   = 1800
  replica_retry_limit          = 1

  manual_trigger_config {
    parallelism              = 1
    replica_completion_count = 1
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [var.migrations_identity.id]
  }

  dynamic "registry" {
    for_each = var.registry_server == null ? [] : [var.registry_server]

    content {
      server   = registry.value
      identity = var.migrations_identity.id
    }
  }

  template {
    container {
      name   = "migrate"
      image  = var.images["cli"]
      args   = concat(["migrate", each.key], flatten([for role in local.database_roles[each.key] : ["--grant-to", role]]))
      cpu    = 0.25
      memory = "0.5Gi"

      env {
        name  = "DATABASE_URL"
        value = "postgresql://${var.migrations_identity.name}@${var.database_host}:5432/${var.database_names[each.key]}?sslmode=verify-full"
      }

      env {
        name  = "AZURE_CLIENT_ID"
        value = var.migrations_identity.client_id
      }

      env {
        name  = "LOG_LEVEL"
        value = var.log_level
      }
    }
  }

  tags = var.tags
}
