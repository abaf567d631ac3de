mock_provider "azurerm" {}

variables {
  name                       = "orderflow-test"
  resource_group_name        = "rg-test"
  location                   = "westeurope"
  alert_email                = "alerts@example.com"
  namespace_id               = "/namespaces/sb"
  sku                        = "Standard"
  queue_names                = { orders = "orders", billing = "billing" }
  topic_name                 = "events"
  log_analytics_workspace_id = "/workspaces/logs"
  database                   = { id = "/servers/pg", granted_connections = 35 }
  apps = {
    order-worker = { id = "/apps/order-worker", min = 1, max = 5 }
  }
}

run "a_backlog_alert_per_queue" {
  variables {
    backlog_thresholds = { billing = 500 }
  }

  assert {
    condition     = azurerm_monitor_metric_alert.service_bus["backlog-orders"].criteria[0].threshold == 100 && azurerm_monitor_metric_alert.service_bus["backlog-billing"].criteria[0].threshold == 500
    error_message = "Each queue has its threshold."
  }

  assert {
    condition     = one(azurerm_monitor_metric_alert.service_bus["backlog-orders"].criteria[0].dimension[0].values) == "orders"
    error_message = "The alert looks at its queue only."
  }

  assert {
    condition     = alltrue([for alert in azurerm_monitor_metric_alert.service_bus : one(alert.action).action_group_id == output.action_group_id])
    error_message = "Every alert reaches the action group."
  }
}

run "dead_letters_of_the_topic_count_too" {
  command = plan

  assert {
    condition     = toset(azurerm_monitor_metric_alert.service_bus["dead-letters"].criteria[0].dimension[0].values) == toset(["orders", "billing", "events"])
    error_message = "What fails on the way is dead-lettered below the topic."
  }
}

run "standard_has_no_cpu_metric" {
  command = plan

  assert {
    condition     = !contains(keys(azurerm_monitor_metric_alert.service_bus), "namespace-cpu")
    error_message = "An alert on a metric that Standard does not have would never fire."
  }
}

run "premium_watches_cpu_and_memory" {
  command = plan

  variables {
    sku = "Premium"
  }

  assert {
    condition     = azurerm_monitor_metric_alert.service_bus["namespace-cpu"].criteria[0].metric_name == "NamespaceCpuUsage" && azurerm_monitor_metric_alert.service_bus["namespace-memory"].criteria[0].metric_name == "NamespaceMemoryUsage"
    error_message = "Premium tells how busy its messaging units are."
  }
}

run "the_database_is_watched_below_what_it_grants" {
  command = plan

  assert {
    condition     = azurerm_monitor_metric_alert.database["database-connections"].criteria[0].threshold == 28
    error_message = "The alert comes at four fifths of the connections that the server grants."
  }
}

run "a_database_of_unknown_size_is_refused" {
  command = plan

  variables {
    database = { id = "/servers/pg", granted_connections = null }
  }

  expect_failures = [var.database]
}

run "alerts_have_names_that_stay" {
  assert {
    condition = toset(output.alert_names) == toset([
      for key in [
        "backlog-billing", "backlog-orders", "database-connections", "database-connections-failed", "database-storage",
        "dead-letters", "log-volume", "order-worker-replicas-exhausted", "order-worker-replicas-missing", "outbox-age",
        "outbox-held", "outbox-set-aside",
        "restarts", "scheduled-growing", "scheduled-messages", "server-errors", "server-errors-share", "throttled-requests",
      ] : "orderflow-test-${key}"
    ])
    error_message = "A page of the runbook is found by the name of its alert."
  }
}

run "refuses_a_threshold_for_no_queue" {
  command = plan

  variables {
    backlog_thresholds = { biling = 10 }
  }

  expect_failures = [var.backlog_thresholds]
}

run "refuses_a_broken_address" {
  command = plan

  variables {
    alert_email = "nobody"
  }

  expect_failures = [var.alert_email]
}
