locals {
  backlog_alerts = {
    for key, name in var.queue_names : "backlog-${key}" => {
      description = "Queue ${name} has more active messages than its worker keeps up with."
      metric      = "ActiveMessages"
      aggregation = "Average"
      threshold   = lookup(var.backlog_thresholds, key, var.default_backlog_threshold)
      entities    = [name]
      severity    = 2
      window      = "PT5M"
    }
  }

  namespace_alerts = {
    # What fails on the way (a filter, a forward) is dead-lettered in the subscription and counted on its topic.
    dead-letters = {
      description = "A queue, or a subscription of the topic, has dead letters: orderflow dlq list."
      metric      = "DeadletteredMessages"
      aggregation = "Maximum"
      threshold   = 0
      entities    = local.entities_with_dead
      severity    = 2
      window      = "PT5M"
    }
    # Retries wait as scheduled messages, which ActiveMessages does not count.
    scheduled-messages = {
      description = "Many redeliveries are waiting: something the workers call is failing."
      metric      = "ScheduledMessages"
      aggregation = "Average"
      threshold   = var.scheduled_threshold
      entities    = values(var.queue_names)
      severity    = 2
      window      = "PT5M"
    }
    throttled-requests = {
      description = "The namespace refuses requests: it needs more messaging units, or Premium."
      metric      = "ThrottledRequests"
      aggregation = "Total"
      threshold   = 0
      entities    = null
      severity    = 2
      window      = "PT5M"
    }
    server-errors = {
      description = "Service Bus itself fails requests."
      metric      = "ServerErrors"
      aggregation = "Total"
      threshold   = 5
      entities    = null
      severity    = 1
      window      = "PT5M"
    }
  }

  premium_alerts = local.premium ? {
    namespace-cpu = {
      description = "The namespace's CPU is busy: add messaging units before it throttles."
      metric      = "NamespaceCpuUsage"
      aggregation = "Maximum"
      threshold   = 70
      entities    = null
      severity    = 2
      window      = "PT15M"
    }
    namespace-memory = {
      description = "The namespace's memory is used up: add messaging units before it throttles."
      metric      = "NamespaceMemoryUsage"
      aggregation = "Maximum"
      threshold   = 70
      entities    = null
      severity    = 2
      window      = "PT15M"
    }
  } : {}

  service_bus_alerts = merge(local.backlog_alerts, local.namespace_alerts, local.premium_alerts)
}
