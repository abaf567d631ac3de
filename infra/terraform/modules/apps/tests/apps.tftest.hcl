mock_provider "azurerm" {}

variables {
  name                = "orderflow-test"
  resource_group_name = "rg-test"
  location            = "westeurope"
  images = {
    order-api        = "registry.example.com/order-api:1.0.0"
    order-worker     = "registry.example.com/order-worker:1.0.0"
    billing-worker   = "registry.example.com/billing-worker:1.0.0"
    analytics-worker = "registry.example.com/analytics-worker:1.0.0"
    cli              = "registry.example.com/cli:1.0.0"
  }
  identities = {
    order-api        = { id = "/identities/api", client_id = "c-api", name = "id-api" }
    order-worker     = { id = "/identities/order", client_id = "c-order", name = "id-order" }
    billing-worker   = { id = "/identities/billing", client_id = "c-billing", name = "id-billing" }
    analytics-worker = { id = "/identities/analytics", client_id = "c-analytics", name = "id-analytics" }
  }
  scaler_identity_id        = "/identities/scaler"
  migrations_identity       = { id = "/identities/migrations", client_id = "c-migrations", name = "id-migrations" }
  namespace_name            = "orderflow-sb"
  fully_qualified_namespace = "orderflow-sb.servicebus.windows.net"
  queue_names               = { orders = "orders", billing = "billing", analytics = "analytics", order-status = "order-status", lab = "lab" }
  topic_name                = "events"
  database_host             = "pg.example.com"
  database_names            = { order-api = "order_api", order-worker = "order_worker", billing-worker = "billing_worker", analytics-worker = "analytics_worker" }
  access = {
    issuer   = "https://login.example.com"
    audience = "api://orderflow"
    jwks_url = "https://login.example.com/keys"
  }
  payment_gateway_url_secret_id = "https://kv.vault.azure.net/secrets/payment-gateway-url"
  log_analytics_workspace_id    = "/workspaces/logs"
}

run "only_the_api_is_public" {
  command = plan

  assert {
    condition     = [for app, deployed in azurerm_container_app.this : app if deployed.ingress[0].external_enabled] == ["order-api"]
    error_message = "Workers have no public face."
  }

  assert {
    condition     = alltrue([for deployed in azurerm_container_app.this : !deployed.ingress[0].allow_insecure_connections])
    error_message = "Plain HTTP is refused."
  }
}

run "workers_scale_on_their_queue_with_the_scalers_identity" {
  command = plan

  assert {
    condition = { for app, deployed in azurerm_container_app.this : app => deployed.template[0].custom_scale_rule[0].metadata["queueName"] } == {
      order-api = "order-status", order-worker = "orders", billing-worker = "billing", analytics-worker = "analytics"
    }
    error_message = "Each app scales on the queue it owns."
  }

  assert {
    condition     = alltrue([for deployed in azurerm_container_app.this : deployed.template[0].custom_scale_rule[0].identity_id == "/identities/scaler"])
    error_message = "The scaler reads counts with its own identity."
  }
}

run "apps_follow_the_messages_into_sessions" {
  command = plan

  variables {
    ordered = true
    queue_names = {
      orders       = "commands", orders-ordered = "commands-ordered", billing = "billing", billing-ordered = "billing-ordered", analytics = "analytics",
      order-status = "order-status", order-status-ordered = "order-status-ordered", lab = "lab"
    }
  }

  assert {
    condition = { for app, deployed in azurerm_container_app.this : app => deployed.template[0].custom_scale_rule[0].metadata["queueName"] } == {
      order-api = "order-status-ordered", order-worker = "commands-ordered", billing-worker = "billing-ordered", analytics-worker = "analytics"
    }
    error_message = "Each app scales on the queue it takes its messages from."
  }

  assert {
    condition = { for app, deployed in azurerm_container_app.this : app => one([for env in deployed.template[0].container[0].env : env.value if env.name == "ORDERED"]) } == {
      order-api = "true", order-worker = "true", billing-worker = "true", analytics-worker = null
    }
    error_message = "The apps whose messages have an order know it."
  }

  assert {
    condition     = one([for env in azurerm_container_app.this["order-worker"].template[0].container[0].env : env.value if env.name == "QUEUE_NAME"]) == "commands"
    error_message = "An app derives the name of the queue with sessions itself."
  }
}

run "secrets_stay_in_key_vault" {
  command = plan

  assert {
    condition     = [for env in azurerm_container_app.this["billing-worker"].template[0].container[0].env : env.secret_name if env.name == "PAYMENT_GATEWAY_URL"] == ["payment-gateway-url"]
    error_message = "billing-worker reads the gateway's URL from a secret."
  }

  assert {
    condition     = alltrue([for deployed in azurerm_container_app.this : alltrue([for secret in deployed.secret : secret.key_vault_secret_id != null])])
    error_message = "A secret is a reference into Key Vault."
  }

  assert {
    condition     = one([for env in azurerm_container_app.this["order-api"].template[0].container[0].env : env.value if env.name == "DATABASE_URL"]) == "postgresql://id-api@pg.example.com:5432/order_api?sslmode=verify-full"
    error_message = "The database is reached over verified TLS as the app's identity, without a password."
  }
}

run "every_app_knows_how_many_connections_it_may_open" {
  command = plan

  variables {
    database_pool_size = 4
  }

  assert {
    condition     = alltrue([for deployed in azurerm_container_app.this : one([for env in deployed.template[0].container[0].env : env.value if env.name == "DATABASE_POOL_SIZE"]) == "4"])
    error_message = "The size of the pool reaches every app."
  }
}

run "every_app_answers_to_its_own_names" {
  command = apply

  override_resource {
    target = azurerm_container_app_environment.this
    values = {
      id             = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-test/providers/Microsoft.App/managedEnvironments/orderflow-test-apps"
      default_domain = "calm-sea-1234.westeurope.azurecontainerapps.io"
    }
  }

  assert {
    condition     = one([for env in azurerm_container_app.this["order-api"].template[0].container[0].env : env.value if env.name == "ALLOWED_HOSTS"]) == "order-api,order-api.calm-sea-1234.westeurope.azurecontainerapps.io"
    error_message = "order-api is called by its public name."
  }

  assert {
    condition     = one([for env in azurerm_container_app.this["billing-worker"].template[0].container[0].env : env.value if env.name == "ALLOWED_HOSTS"]) == "billing-worker,billing-worker.internal.calm-sea-1234.westeurope.azurecontainerapps.io"
    error_message = "A worker is called by its internal name."
  }
}

run "replicas_are_probed_and_end_in_peace" {
  command = plan

  assert {
    condition = alltrue([
      for deployed in azurerm_container_app.this :
      deployed.template[0].container[0].startup_probe[0].path == "/health/startup"
      && deployed.template[0].container[0].liveness_probe[0].path == "/health/live"
      && deployed.template[0].container[0].readiness_probe[0].path == "/health/ready"
    ])
    error_message = "Every replica is probed for startup, life and readiness."
  }

  assert {
    condition     = alltrue([for deployed in azurerm_container_app.this : deployed.template[0].termination_grace_period_seconds == 60])
    error_message = "A replica has a minute to finish what is in flight."
  }
}

run "every_database_has_a_migration_job" {
  command = plan

  assert {
    condition     = { for app, job in azurerm_container_app_job.migrate : app => job.template[0].container[0].args[1] } == { order-api = "order-api", order-worker = "order-worker", billing-worker = "billing-worker", analytics-worker = "analytics-worker" }
    error_message = "One job migrates one app's database."
  }

  assert {
    condition     = alltrue([for app, job in azurerm_container_app_job.migrate : slice(job.template[0].container[0].args, 2, 4) == tolist(["--grant-to", var.identities[app].name])])
    error_message = "Its job lets an app read and write its tables."
  }
}

run "operations_are_internal_and_apart" {
  command = plan

  variables {
    operations_identity      = { id = "/identities/operations", client_id = "c-operations", name = "id-operations" }
    operations_key_secret_id = "https://kv.vault.azure.net/secrets/ops-export-key"
  }

  assert {
    condition     = !azurerm_container_app.this["operations"].ingress[0].external_enabled && toset(azurerm_container_app.this["operations"].identity[0].identity_ids) == toset(["/identities/operations"])
    error_message = "Operations are reached from inside only and have one identity, their own."
  }

  assert {
    condition     = length(azurerm_container_app.this["operations"].template[0].custom_scale_rule) == 0
    error_message = "Operations are not scaled by a queue."
  }

  assert {
    condition     = azurerm_container_app.this["operations"].template[0].min_replicas == 2
    error_message = "One replica leads, and another one takes over."
  }
}

run "operates_every_queue_and_subscription_from_inside_only" {
  # The mock answers a domain only once it is applied.
  variables {
    operations_identity      = { id = "/identities/operations", client_id = "c-operations", name = "id-operations" }
    operations_key_secret_id = "https://kv.vault.azure.net/secrets/ops-export-key"
    queue_names = {
      orders         = "orders", billing = "billing", analytics = "analytics", order-status = "order-status", lab = "lab",
      orders-ordered = "orders-ordered", billing-ordered = "billing-ordered", order-status-ordered = "order-status-ordered"
    }
    ordered = true
  }

  assert {
    condition = { for app, deployed in azurerm_container_app.this : app => one([for each in deployed.template[0].container[0].env : each.value if each.name == "OPS"]) } == {
      order-api = "false", operations = "true", order-worker = null, billing-worker = null, analytics-worker = null
    }
    error_message = "The public order-api operates nothing."
  }

  assert {
    condition     = { for each in azurerm_container_app.this["operations"].template[0].container[0].env : each.name => each.value }["OPS_QUEUES"] == "analytics,billing,billing-ordered,order-status,order-status-ordered,orders,orders-ordered,events/subscriptions/billing=billing-ordered,events/subscriptions/analytics=analytics,events/subscriptions/order-status=order-status-ordered"
    error_message = "Dead letters of each queue and subscription are operated, and go to the queue that consumes them."
  }

  assert {
    condition     = length(regexall("orders(-ordered)?=https://order-worker\\.internal\\.", { for each in azurerm_container_app.this["operations"].template[0].container[0].env : each.name => each.value }["OPS_WORKERS"])) == 2
    error_message = "The consumer of each queue is asked what it has handled."
  }

  assert {
    condition     = one([for each in azurerm_container_app.this["operations"].secret : each.key_vault_secret_id]) == "https://kv.vault.azure.net/secrets/ops-export-key"
    error_message = "The key of copies stays in Key Vault."
  }
}

run "tells_a_webhook_of_alerts_by_secrets_of_the_vault" {
  command = plan

  variables {
    operations_identity      = { id = "/identities/operations", client_id = "c-operations", name = "id-operations" }
    operations_key_secret_id = "https://kv.vault.azure.net/secrets/ops-export-key"
    operations_alert_webhook = {
      url_secret_id     = "https://kv.vault.azure.net/secrets/ops-alert-webhook-url"
      signing_secret_id = "https://kv.vault.azure.net/secrets/ops-alert-webhook-secret"
    }
  }

  assert {
    condition = { for app, deployed in azurerm_container_app.this : app => toset([for each in deployed.secret : each.key_vault_secret_id if strcontains(each.key_vault_secret_id, "webhook")]) if app == "operations" || app == "order-api" } == {
      order-api  = toset([])
      operations = toset(["https://kv.vault.azure.net/secrets/ops-alert-webhook-url", "https://kv.vault.azure.net/secrets/ops-alert-webhook-secret"])
    }
    error_message = "Address and signing secret of the webhook stay in Key Vault, and only operations read them."
  }

  assert {
    condition     = length(setintersection(toset([for each in azurerm_container_app.this["operations"].template[0].container[0].env : each.name if each.secret_name != null]), toset(["OPS_ALERT_WEBHOOK_URL", "OPS_ALERT_WEBHOOK_SECRET"]))) == 2
    error_message = "Operations are given both by reference."
  }
}

run "refuses_operations_without_a_key_for_copies" {
  command = plan

  variables {
    operations_identity = { id = "/identities/operations", client_id = "c-operations", name = "id-operations" }
  }

  expect_failures = [var.operations_key_secret_id]
}

run "refuses_latest" {
  command = plan

  variables {
    images = {
      order-api        = "registry.example.com/order-api:latest"
      order-worker     = "registry.example.com/order-worker:1.0.0"
      billing-worker   = "registry.example.com/billing-worker:1.0.0"
      analytics-worker = "registry.example.com/analytics-worker:1.0.0"
      cli              = "registry.example.com/cli:1.0.0"
    }
  }

  expect_failures = [var.images]
}

run "refuses_scaling_to_zero" {
  command = plan

  variables {
    scale = {
      order-api        = { min_replicas = 1, max_replicas = 3 }
      order-worker     = { min_replicas = 0, max_replicas = 5 }
      billing-worker   = { min_replicas = 1, max_replicas = 5 }
      analytics-worker = { min_replicas = 1, max_replicas = 3 }
    }
  }

  expect_failures = [var.scale]
}

run "refuses_an_apps_identity_as_scaler" {
  command = plan

  variables {
    scaler_identity_id = "/identities/order"
  }

  expect_failures = [var.scaler_identity_id]
}

run "refuses_a_short_grace" {
  command = plan

  variables {
    termination_grace_period_seconds = 5
  }

  expect_failures = [var.termination_grace_period_seconds]
}

run "tells_every_app_whose_tokens_to_take" {
  command = plan

  assert {
    condition = alltrue([
      for app in azurerm_container_app.this :
      { for each in app.template[0].container[0].env : each.name => each.value }["AUTH_ISSUER"] == "https://login.example.com" &&
      { for each in app.template[0].container[0].env : each.name => each.value }["AUTH_CUSTOMER_CLAIM"] == "customer_id"
    ])
    error_message = "An app that knows no issuer does not start."
  }
}

run "keeps_metrics_off_the_port_that_ingress_forwards" {
  command = plan

  assert {
    condition = alltrue([
      for app in azurerm_container_app.this :
      { for each in app.template[0].container[0].env : each.name => each.value }["METRICS_PORT"] != tostring(app.ingress[0].target_port)
    ])
    error_message = "Whoever may order must not read the metrics."
  }
}

run "refuses_keys_that_anybody_in_between_could_replace" {
  command = plan

  variables {
    access = {
      issuer   = "https://login.example.com"
      audience = "api://orderflow"
      jwks_url = "http://login.example.com/keys"
    }
  }

  expect_failures = [var.access]
}

run "is_silent_unless_told_where_spans_go" {
  command = plan

  assert {
    condition     = length([for app in azurerm_container_app.this : app if anytrue([for env in app.template[0].container[0].env : startswith(env.name, "OTEL_")])]) == 0
    error_message = "Nothing is exported by default."
  }
}

run "tells_every_app_where_spans_go" {
  command = plan

  variables {
    operations_identity      = { id = "/identities/operations", client_id = "c-operations", name = "id-operations" }
    operations_key_secret_id = "https://kv.vault.azure.net/secrets/ops-export-key"
    tracing = {
      endpoint            = "https://otlp.example.com"
      headers_secret_id   = "https://kv.vault.azure.net/secrets/otel-exporter-otlp-headers"
      resource_attributes = { "deployment.environment.name" = "prod", team = "a, b=c" }
    }
  }

  assert {
    condition = length(azurerm_container_app.this) == 5 && alltrue([
      for app in azurerm_container_app.this :
      { for each in app.template[0].container[0].env : each.name => each.value }["OTEL_EXPORTER_OTLP_ENDPOINT"] == "https://otlp.example.com" &&
      { for each in app.template[0].container[0].env : each.name => each.value }["OTEL_RESOURCE_ATTRIBUTES"] == "deployment.environment.name=prod,team=a%2C%20b%3Dc"
    ])
    error_message = "A trace has no holes only when every app exports."
  }

  assert {
    condition = alltrue([
      for app in azurerm_container_app.this :
      one([for each in app.template[0].container[0].env : each.secret_name if each.name == "OTEL_EXPORTER_OTLP_HEADERS"]) == "otel-exporter-otlp-headers" &&
      one([for each in app.secret : each.key_vault_secret_id if each.name == "otel-exporter-otlp-headers"]) == "https://kv.vault.azure.net/secrets/otel-exporter-otlp-headers"
    ])
    error_message = "The headers hold a key: they stay in Key Vault."
  }
}

run "refuses_a_key_for_spans_over_plain_http" {
  command = plan

  variables {
    tracing = { endpoint = "http://otlp.example.com", headers_secret_id = "https://kv.vault.azure.net/secrets/otel-exporter-otlp-headers" }
  }

  expect_failures = [var.tracing]
}

run "refuses_a_collector_that_is_no_url" {
  command = plan

  variables {
    tracing = { endpoint = "collector:4317" }
  }

  expect_failures = [var.tracing]
}
