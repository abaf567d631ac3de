locals {
  log_alerts = {
    # Work that was accepted but has not reached the broker. Only the apps know it: they log it, once a minute, in a line
    # of JSON (libs/service-kit/src/messaging/report-waiting-outbox.ts).
    outbox-age = {
      description = "An outbox row has waited longer than ${var.outbox_age_seconds} seconds: the relay or the broker is stuck."
      severity    = 1
      frequency   = "PT5M"
      window      = "PT5M"
      measure     = "Age"
      by          = "ContainerAppName_s"
      threshold   = var.outbox_age_seconds
      query       = <<-KQL
        ContainerAppConsoleLogs_CL
        | extend Line = parse_json(Log_s)
        | where Line.msg == "messages wait in the outbox"
        | summarize Age = max(todouble(Line.outboxOldestAgeSeconds)) by ContainerAppName_s
      KQL
    }
    # Messages that no broker takes: they wait for somebody to send them again or to drop them.
    outbox-set-aside = {
      description = "Messages of an outbox were set aside: the broker refuses them for what they are."
      severity    = 2
      frequency   = "PT5M"
      window      = "PT5M"
      measure     = "SetAside"
      by          = "ContainerAppName_s"
      threshold   = 0
      query       = <<-KQL
        ContainerAppConsoleLogs_CL
        | extend Line = parse_json(Log_s)
        | where Line.msg == "messages of the outbox were set aside"
        | summarize SetAside = max(toint(Line.outboxSetAside)) by ContainerAppName_s
      KQL
    }
    # A key is held for half a second at first. One that is seen in most minutes of ten fails again and
    # again; each replica looks once a minute.
    outbox-held = {
      description = "Ordering keys of an outbox are held: a message of each fails again and again."
      severity    = 2
      frequency   = "PT5M"
      window      = "PT10M"
      measure     = "Looks"
      by          = "ContainerAppName_s"
      threshold   = 7
      query       = <<-KQL
        ContainerAppConsoleLogs_CL
        | extend Line = parse_json(Log_s)
        | where Line.msg == "ordering keys of the outbox are held"
        | summarize Lines = count() by ContainerAppName_s, Minute = bin(TimeGenerated, 1m)
        | summarize Looks = count() by ContainerAppName_s
      KQL
    }
    # Every request is a line with its status (libs/service-kit/src/logging/logging.module.ts). A few requests are no share.
    server-errors-share = {
      description = "More than ${var.server_error_percentage} % of an app's answers are server errors."
      severity    = 1
      frequency   = "PT5M"
      window      = "PT10M"
      measure     = "Share"
      by          = "ContainerAppName_s"
      threshold   = var.server_error_percentage
      query       = <<-KQL
        ContainerAppConsoleLogs_CL
        | extend Line = parse_json(Log_s)
        | where isnotnull(Line.res.statusCode)
        | summarize Requests = count(), Failed = countif(toint(Line.res.statusCode) >= 500) by ContainerAppName_s
        | where Requests >= 20
        | project ContainerAppName_s, Share = 100.0 * Failed / Requests
      KQL
    }
    # The metric counts a replica's restarts since its birth, so a threshold on it would never be left again: what
    # matters is that it rose.
    restarts = {
      description = "Replicas of an app restart: it crashes, or fails its liveness probe."
      severity    = 2
      frequency   = "PT5M"
      window      = "PT15M"
      measure     = "Restarts"
      by          = "Resource"
      threshold   = 0
      query       = <<-KQL
        AzureMetrics
        | where MetricName == "RestartCount"
        | summarize (First, Before) = arg_min(TimeGenerated, Maximum), (Last, Now) = arg_max(TimeGenerated, Maximum) by Resource
        | project Resource, Restarts = Now - Before
      KQL
    }
    log-volume = {
      description = "More than ${var.log_volume_gb} GB of logs in a day: somebody logs too much, and it costs."
      severity    = 3
      frequency   = "PT1H"
      window      = "P1D"
      measure     = "Gigabytes"
      by          = null
      threshold   = var.log_volume_gb
      query       = <<-KQL
        Usage
        | where IsBillable
        | summarize Gigabytes = sum(Quantity) / 1000.0
      KQL
    }
  }
}
