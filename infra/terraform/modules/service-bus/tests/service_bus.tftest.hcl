mock_provider "azurerm" {}

variables {
  name                       = "orderflow-test"
  resource_group_name        = "rg-test"
  location                   = "westeurope"
  log_analytics_workspace_id = "/subscriptions/0/workspaces/logs"
}

run "standard_by_default" {
  command = plan

  assert {
    condition     = azurerm_servicebus_namespace.this.sku == "Standard" && azurerm_servicebus_namespace.this.capacity == 0
    error_message = "The default namespace is Standard without messaging units."
  }

  assert {
    condition     = !azurerm_servicebus_namespace.this.local_auth_enabled && length(azurerm_servicebus_namespace_authorization_rule.manage) == 0
    error_message = "No shared access key exists unless asked for."
  }

  assert {
    condition     = azurerm_servicebus_namespace.this.minimum_tls_version == "1.2"
    error_message = "TLS below 1.2 is refused."
  }

  assert {
    condition     = alltrue([for queue in azurerm_servicebus_queue.this : !queue.partitioning_enabled])
    error_message = "Partitioned queues order only within a partition."
  }

  assert {
    condition     = { for name, subscription in azurerm_servicebus_subscription.this : name => subscription.forward_to } == { billing = "billing", analytics = "analytics", "order-status" = "order-status" }
    error_message = "Every subscription forwards into the queue of its worker."
  }

  assert {
    condition     = toset([for rule in azurerm_servicebus_subscription_rule.label : rule.correlation_filter[0].label]) == toset(["order.accepted", "order.rejected", "order.cancelled", "payment.captured", "payment.failed"])
    error_message = "Rules are correlation filters on the subject."
  }

  assert {
    condition     = keys(azurerm_servicebus_subscription_rule.catch_all) == ["analytics"]
    error_message = "analytics alone receives every event."
  }
}

run "worker_queues_drop_twins" {
  command = plan

  assert {
    condition = alltrue([
      for name in ["orders", "billing", "analytics", "order-status"] :
      azurerm_servicebus_queue.this[name].requires_duplicate_detection
      && azurerm_servicebus_queue.this[name].duplicate_detection_history_time_window == "PT1H"
      && azurerm_servicebus_queue.this[name].max_delivery_count == 20
      && azurerm_servicebus_queue.this[name].lock_duration == "PT1M"
    ])
    error_message = "A worker's queue detects duplicates over an hour and leaves headroom in its delivery count."
  }

  assert {
    condition     = !azurerm_servicebus_queue.this["lab"].requires_duplicate_detection
    error_message = "The lab queue is plain."
  }
}

run "orders_can_be_renamed" {
  command = plan

  variables {
    queue_name = "commands"
    topic_name = "facts"
  }

  assert {
    condition     = azurerm_servicebus_queue.this["orders"].name == "commands" && output.queue_names["orders"] == "commands"
    error_message = "queue_name renames the queue of commands."
  }

  assert {
    condition     = azurerm_servicebus_topic.events.name == "facts"
    error_message = "topic_name renames the topic."
  }
}

run "ordered_queues_are_others_beside" {
  command = plan

  variables {
    ordered    = true
    queue_name = "commands"
  }

  assert {
    condition     = toset([for key, queue in azurerm_servicebus_queue.this : key if queue.requires_session]) == toset(["orders-ordered", "billing-ordered", "order-status-ordered"])
    error_message = "What has to be in order has a queue with sessions of its own; every other queue keeps what it is."
  }

  assert {
    condition     = azurerm_servicebus_queue.this["orders-ordered"].name == "commands-ordered" && azurerm_servicebus_queue.this["orders"].name == "commands"
    error_message = "A queue with sessions is named after the one that it is beside."
  }

  assert {
    condition     = { for name, subscription in azurerm_servicebus_subscription.this : name => subscription.forward_to } == { billing = "billing-ordered", analytics = "analytics", "order-status" = "order-status-ordered" }
    error_message = "Events are forwarded into the queues with sessions."
  }
}

run "premium_is_closed" {
  command = plan

  variables {
    sku                           = "Premium"
    capacity                      = 2
    public_network_access_enabled = false
  }

  assert {
    condition     = azurerm_servicebus_namespace.this.capacity == 2 && !azurerm_servicebus_namespace.this.public_network_access_enabled
    error_message = "Premium has messaging units and no public face."
  }
}

run "connection_string_only_with_sas" {
  variables {
    sas_enabled = true
  }

  assert {
    condition     = azurerm_servicebus_namespace.this.local_auth_enabled && output.primary_connection_string != null
    error_message = "sas_enabled switches keys on and answers a connection string."
  }
}

run "refuses_a_public_premium" {
  command = plan

  variables {
    sku      = "Premium"
    capacity = 1
  }

  expect_failures = [azurerm_servicebus_namespace.this]
}

run "refuses_a_private_standard" {
  command = plan

  variables {
    public_network_access_enabled = false
  }

  expect_failures = [azurerm_servicebus_namespace.this]
}

run "refuses_units_on_standard" {
  command = plan

  variables {
    capacity = 1
  }

  expect_failures = [azurerm_servicebus_namespace.this]
}

run "refuses_basic" {
  command = plan

  variables {
    sku = "Basic"
  }

  expect_failures = [var.sku]
}

run "refuses_a_subscription_into_nowhere" {
  command = plan

  variables {
    subscriptions = { billing = { forward_to = "missing" } }
  }

  expect_failures = [var.subscriptions]
}
