locals {
  premium            = var.sku == "Premium"
  service_bus        = "Microsoft.ServiceBus/namespaces"
  entities_with_dead = concat(values(var.queue_names), [var.topic_name])
}

resource "azurerm_monitor_action_group" "this" {
  name                = "${var.name}-alerts"
  resource_group_name = var.resource_group_name
  short_name          = "orderflow"

  email_receiver {
    name                    = "email"
    email_address           = var.alert_email
    use_common_alert_schema = true
  }

  tags = var.tags
}

# Everything that is one threshold on one of the namespace's metrics. EntityName is the only dimension of the message
# counts, and names a queue or a topic, never a subscription: that is why every worker owns a queue.
resource "azurerm_monitor_metric_alert" "service_bus" {
  for_each = local.service_bus_alerts

  name                = "${var.name}-${each.key}"
  resource_group_name = var.resource_group_name
  scopes              = [var.namespace_id]
  description         = each.value.description
  severity            = each.value.severity
  frequency           = "PT1M"
  window_size         = each.value.window
  auto_mitigate       = true

  criteria {
    metric_namespace = local.service_bus
    metric_name      = each.value.metric
    aggregation      = each.value.aggregation
    operator         = "GreaterThan"
    threshold        = each.value.threshold

    dynamic "dimension" {
      for_each = each.value.entities == null ? [] : [each.value.entities]

      content {
        name     = "EntityName"
        operator = "Include"
        values   = dimension.value
      }
    }
  }

  action {
    action_group_id = azurerm_monitor_action_group.this.id
  }

  tags = var.tags
}

# More waiting retries than is usual for the hour and the day, long before there are as many as the fixed threshold says.
resource "azurerm_monitor_metric_alert" "scheduled_growing" {
  name                = "${var.name}-scheduled-growing"
  resource_group_name = var.resource_group_name
  scopes              = [var.namespace_id]
  description         = "More redeliveries are waiting in a queue than usual, and it goes on: something a worker calls is failing."
  severity            = 3
  frequency           = "PT5M"
  window_size         = "PT15M"
  auto_mitigate       = true

  dynamic_criteria {
    metric_namespace  = local.service_bus
    metric_name       = "ScheduledMessages"
    aggregation       = "Average"
    operator          = "GreaterThan"
    alert_sensitivity = "Medium"

    dimension {
      name     = "EntityName"
      operator = "Include"
      values   = values(var.queue_names)
    }
  }

  action {
    action_group_id = azurerm_monitor_action_group.this.id
  }

  tags = var.tags
}

resource "azurerm_monitor_metric_alert" "database" {
  for_each = local.database_alerts

  name                = "${var.name}-${each.key}"
  resource_group_name = var.resource_group_name
  scopes              = [var.database.id]
  description         = each.value.description
  severity            = each.value.severity
  frequency           = "PT5M"
  window_size         = "PT15M"
  auto_mitigate       = true

  criteria {
    metric_namespace = "Microsoft.DBforPostgreSQL/flexibleServers"
    metric_name      = each.value.metric
    aggregation      = each.value.aggregation
    operator         = "GreaterThan"
    threshold        = each.value.threshold
  }

  action {
    action_group_id = azurerm_monitor_action_group.this.id
  }

  tags = var.tags
}

# At its most replicas an app cannot follow a growing backlog any more.
resource "azurerm_monitor_metric_alert" "replicas_exhausted" {
  for_each = var.apps

  name                = "${var.name}-${each.key}-replicas-exhausted"
  resource_group_name = var.resource_group_name
  scopes              = [each.value.id]
  description         = "${each.key} has been at its most replicas for half an hour."
  severity            = 3
  frequency           = "PT5M"
  window_size         = "PT30M"
  auto_mitigate       = true

  criteria {
    metric_namespace = "Microsoft.App/containerapps"
    metric_name      = "Replicas"
    aggregation      = "Minimum"
    operator         = "GreaterThanOrEqual"
    threshold        = each.value.max
  }

  action {
    action_group_id = azurerm_monitor_action_group.this.id
  }

  tags = var.tags
}

resource "azurerm_monitor_metric_alert" "replicas_missing" {
  for_each = var.apps

  name                = "${var.name}-${each.key}-replicas-missing"
  resource_group_name = var.resource_group_name
  scopes              = [each.value.id]
  description         = "${each.key} runs fewer replicas than its least."
  severity            = 1
  frequency           = "PT1M"
  window_size         = "PT5M"
  auto_mitigate       = true

  criteria {
    metric_namespace = "Microsoft.App/containerapps"
    metric_name      = "Replicas"
    aggregation      = "Maximum"
    operator         = "LessThan"
    threshold        = each.value.min
  }

  action {
    action_group_id = azurerm_monitor_action_group.this.id
  }

  tags = var.tags
}

# What only logs know. A stateful rule: it resolves when its query answers nothing above the threshold any more.
resource "azurerm_monitor_scheduled_query_rules_alert_v2" "logs" {
  for_each = local.log_alerts

  name                = "${var.name}-${each.key}"
  resource_group_name = var.resource_group_name
  location            = var.location
  scopes              = [var.log_analytics_workspace_id]
  description         = each.value.description
  severity            = each.value.severity

  evaluation_frequency    = each.value.frequency
  window_duration         = each.value.window
  auto_mitigation_enabled = true
  # A table appears with its first line; a new workspace does not have it yet.
  skip_query_validation = true

  criteria {
    query                   = each.value.query
    metric_measure_column   = each.value.measure
    time_aggregation_method = "Maximum"
    operator                = "GreaterThan"
    threshold               = each.value.threshold

    dynamic "dimension" {
      for_each = each.value.by == null ? [] : [each.value.by]

      content {
        name     = dimension.value
        operator = "Include"
        values   = ["*"]
      }
    }
  }

  action {
    action_groups = [azurerm_monitor_action_group.this.id]
  }

  tags = var.tags
}
