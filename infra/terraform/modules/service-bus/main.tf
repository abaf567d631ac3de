locals {
  premium = var.sku == "Premium"

  # A queue's sessions cannot be switched on later: with sessions it is another queue beside it.
  with_sessions = ["orders", "billing", "order-status"]
  ordered       = { for key in keys(var.queues) : key => "${key}-ordered" if var.ordered && contains(local.with_sessions, key) }
  queues = merge(
    var.queues,
    { for key, beside in local.ordered : beside => merge(var.queues[key], { requires_session = true }) },
  )
  own_names   = { for key in keys(var.queues) : key => key == "orders" ? var.queue_name : key }
  queue_names = merge(local.own_names, { for key, beside in local.ordered : beside => "${local.own_names[key]}-ordered" })

  # One rule a label. The provider removes the implicit $Default rule (see the features of each environment).
  label_rules = merge([
    for name, subscription in var.subscriptions : {
      for label in subscription.labels : "${name}/${label}" => { subscription = name, label = label }
    }
  ]...)

  # With $Default gone a subscription without a rule receives nothing, so "everything" is a rule too.
  catch_all = toset([for name, subscription in var.subscriptions : name if length(subscription.labels) == 0])
}

resource "azurerm_servicebus_namespace" "this" {
  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location
  sku                 = var.sku

  capacity                     = local.premium ? var.capacity : 0
  premium_messaging_partitions = local.premium ? 1 : 0

  minimum_tls_version           = "1.2"
  local_auth_enabled            = var.sas_enabled
  public_network_access_enabled = var.public_network_access_enabled

  tags = var.tags

  lifecycle {
    precondition {
      condition     = local.premium || var.public_network_access_enabled
      error_message = "A Standard namespace has no private endpoints, so it must be reachable publicly. Choose sku = \"Premium\" to close it."
    }

    precondition {
      condition     = !local.premium || !var.public_network_access_enabled
      error_message = "A Premium namespace is reached through private endpoints here: set public_network_access_enabled = false."
    }

    precondition {
      condition     = local.premium ? contains([1, 2, 4, 8, 16], var.capacity) : var.capacity == 0
      error_message = "capacity is the number of messaging units: 1, 2, 4, 8 or 16 on Premium, 0 on Standard, which has none."
    }
  }
}

resource "azurerm_servicebus_queue" "this" {
  for_each = local.queues

  name         = local.queue_names[each.key]
  namespace_id = azurerm_servicebus_namespace.this.id

  lock_duration                           = each.value.lock_duration
  max_delivery_count                      = each.value.max_delivery_count
  default_message_ttl                     = each.value.default_message_ttl
  dead_lettering_on_message_expiration    = each.value.dead_lettering_on_message_expiration
  requires_duplicate_detection            = each.value.requires_duplicate_detection
  duplicate_detection_history_time_window = each.value.duplicate_detection_history_time_window
  requires_session                        = each.value.requires_session
  max_size_in_megabytes                   = each.value.max_size_in_megabytes

  # A partitioned entity orders and detects duplicates only within a partition.
  partitioning_enabled = false
}

resource "azurerm_servicebus_topic" "events" {
  name         = var.topic_name
  namespace_id = azurerm_servicebus_namespace.this.id

  requires_duplicate_detection            = true
  duplicate_detection_history_time_window = var.duplicate_detection_history_time_window
  partitioning_enabled                    = false
}

resource "azurerm_servicebus_subscription" "this" {
  for_each = var.subscriptions

  name       = each.key
  topic_id   = azurerm_servicebus_topic.events.id
  forward_to = azurerm_servicebus_queue.this[lookup(local.ordered, each.value.forward_to, each.value.forward_to)].name

  lock_duration                             = each.value.lock_duration
  max_delivery_count                        = each.value.max_delivery_count
  dead_lettering_on_message_expiration      = each.value.dead_lettering_on_message_expiration
  dead_lettering_on_filter_evaluation_error = true
}

resource "azurerm_servicebus_subscription_rule" "label" {
  for_each = local.label_rules

  name            = each.value.label
  subscription_id = azurerm_servicebus_subscription.this[each.value.subscription].id
  filter_type     = "CorrelationFilter"

  correlation_filter {
    label = each.value.label
  }
}

resource "azurerm_servicebus_subscription_rule" "catch_all" {
  for_each = local.catch_all

  name            = "all"
  subscription_id = azurerm_servicebus_subscription.this[each.key].id
  filter_type     = "SqlFilter"
  sql_filter      = "1=1"
}

# Only for tools that cannot use an identity. Manage, because the seeds' tools create and inspect entities with it.
resource "azurerm_servicebus_namespace_authorization_rule" "manage" {
  count = var.sas_enabled ? 1 : 0

  name         = "manage-policy"
  namespace_id = azurerm_servicebus_namespace.this.id
  listen       = true
  send         = true
  manage       = true
}

resource "azurerm_monitor_diagnostic_setting" "namespace" {
  name                       = "to-log-analytics"
  target_resource_id         = azurerm_servicebus_namespace.this.id
  log_analytics_workspace_id = var.log_analytics_workspace_id

  enabled_log {
    category_group = "allLogs"
  }

  enabled_metric {
    category = "AllMetrics"
  }
}
