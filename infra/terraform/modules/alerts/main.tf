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

# Work that was accepted but has not reached the broker. Only the apps know it: they log it, once a minute, in a line of
# JSON (libs/service-kit/src/messaging/report-waiting-outbox.ts).
resource "azurerm_monitor_scheduled_query_rules_alert_v2" "outbox_age" {
  name                = "${var.name}-outbox-age"
  resource_group_name = var.resource_group_name
  location            = var.location
  scopes              = [var.log_analytics_workspace_id]
  description         = "An outbox row has waited longer than ${var.outbox_age_seconds} seconds: the relay or the broker is stuck."
  severity            = 1

  evaluation_frequency = "PT5M"
  window_duration      = "PT5M"
  # The table appears with the first log line; a new workspace does not have it yet.
  skip_query_validation = true

  criteria {
    query                   = <<-KQL
      ContainerAppConsoleLogs_CL
      | extend Line = parse_json(Log_s)
      | where Line.msg == "messages wait in the outbox"
      | summarize Age = max(todouble(Line.outboxOldestAgeSeconds)) by ContainerAppName_s
    KQL
    metric_measure_column   = "Age"
    time_aggregation_method = "Maximum"
    operator                = "GreaterThan"
    threshold               = var.outbox_age_seconds

    dimension {
      name     = "ContainerAppName_s"
      operator = "Include"
      values   = ["*"]
    }
  }

  action {
    action_groups = [azurerm_monitor_action_group.this.id]
  }

  tags = var.tags
}
