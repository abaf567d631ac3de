locals {
  beside = var.ordered ? "-ordered" : ""

  # What differs between the four apps; `queue` is the one an app owns and is scaled by.
  apps = {
    order-api        = { port = 3000, queue = var.queue_names["order-status${local.beside}"], external = true }
    order-worker     = { port = 3001, queue = var.queue_names["orders${local.beside}"], external = false }
    billing-worker   = { port = 3002, queue = var.queue_names["billing${local.beside}"], external = false }
    analytics-worker = { port = 3003, queue = var.queue_names["analytics"], external = false }
  }

  # By which an app is called: its public name, or the internal ones. Probes call a replica by its address.
  host_names = {
    for app, settings in merge(local.apps, { operations = { external = false } }) : app => settings.external ? [
      app,
      "${app}.${azurerm_container_app_environment.this.default_domain}",
      ] : [
      app,
      "${app}.internal.${azurerm_container_app_environment.this.default_domain}",
    ]
  }

  # https://opentelemetry.io/docs/specs/otel/resource/sdk/: values are percent-encoded, and urlencode writes a space as +.
  resource_attributes = var.tracing == null ? {} : {
    for name, value in var.tracing.resource_attributes : name => replace(urlencode(value), "+", "%20")
  }

  tracing = merge(
    var.tracing == null ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT = var.tracing.endpoint },
    length(local.resource_attributes) == 0 ? {} : {
      OTEL_RESOURCE_ATTRIBUTES = join(",", [for name, value in local.resource_attributes : "${name}=${value}"])
    },
  )

  tracing_secrets = try(var.tracing.headers_secret_id, null) == null ? {} : {
    OTEL_EXPORTER_OTLP_HEADERS = var.tracing.headers_secret_id
  }

  environment = {
    for app, settings in merge(local.apps, { operations = local.apps["order-api"] }) : app => merge(
      {
        HOST                                 = "0.0.0.0"
        PORT                                 = tostring(settings.port)
        ALLOWED_HOSTS                        = join(",", local.host_names[app])
        LOG_LEVEL                            = var.log_level
        SHUTDOWN_TIMEOUT                     = "${var.termination_grace_period_seconds - 15}s"
        SERVICE_VERSION                      = element(split(":", var.images[app == "operations" ? "order-api" : app]), -1)
        MESSAGING_TRANSPORT                  = "azure-service-bus"
        SERVICEBUS_FULLY_QUALIFIED_NAMESPACE = var.fully_qualified_namespace
        QUEUE_NAME                           = var.queue_names["orders"]
        TOPIC_NAME                           = var.topic_name
        DEFAULT_CURRENCY                     = var.default_currency
        DATABASE_POOL_SIZE                   = tostring(var.database_pool_size)
        AUTH_ISSUER                          = var.access.issuer
        AUTH_AUDIENCE                        = var.access.audience
        AUTH_JWKS_URL                        = var.access.jwks_url
        AUTH_CUSTOMER_CLAIM                  = var.access.customer_claim
        # Ingress forwards the port above and no other.
        METRICS_PORT = "9464"
      },
      # analytics-worker counts: in which order makes no difference to it.
      app == "analytics-worker" ? {} : { ORDERED = tostring(var.ordered) },
      contains(["order-api", "operations"], app) ? {
        LAB_QUEUE_NAME = var.queue_names["lab"]
        # What is public operates nothing.
        OPS = tostring(app == "operations")
      } : {},
      app == "operations" ? {
        OPS_QUEUES  = join(",", concat(local.operated_queues, local.operated_subscriptions))
        OPS_WORKERS = join(",", local.consumers_of_queues)
        # The workers take tokens of its identity.
        AUTH_SCOPE = "${var.access.audience}/.default"
      } : {},
      local.tracing,
    )
  }

  # Who consumes what but order-status, which is order-api's own.
  consumers = { orders = "order-worker", billing = "billing-worker", analytics = "analytics-worker" }

  operated_queues = [for key, name in var.queue_names : name if key != "lab"]
  operated_subscriptions = [
    for key in ["billing", "analytics", "order-status"] :
    "${var.topic_name}/subscriptions/${key}=${lookup(var.queue_names, "${key}-ordered", var.queue_names[key])}"
  ]
  consumers_of_queues = [
    for key, name in var.queue_names :
    "${name}=https://${local.consumers[trimsuffix(key, "-ordered")]}.internal.${azurerm_container_app_environment.this.default_domain}"
    if contains(keys(local.consumers), trimsuffix(key, "-ordered"))
  ]

  app_deployments = {
    for app, settings in local.apps : app => {
      image    = var.images[app]
      port     = settings.port
      queue    = settings.queue
      external = settings.external
      identity = var.identities[app]
      scale    = var.scale[app]
      secrets = merge(
        app == "billing-worker" ? { PAYMENT_GATEWAY_URL = var.payment_gateway_url_secret_id } : {},
        local.tracing_secrets,
      )
      environment = merge(local.environment[app], {
        AZURE_CLIENT_ID = var.identities[app].client_id
        # No password: the app logs in with a token of its identity, whose name is its role in PostgreSQL.
        DATABASE_URL = "postgresql://${var.identities[app].name}@${var.database_host}:5432/${var.database_names[app]}?sslmode=verify-full"
      })
    }
  }

  # The order-api image once more, without a public face, with the identity that may manage entities. One of two replicas
  # leads, and the other one takes over.
  operations_deployment = var.operations_identity == null ? {} : {
    operations = {
      image    = var.images["order-api"]
      port     = local.apps["order-api"].port
      queue    = null
      external = false
      identity = var.operations_identity
      scale    = { min_replicas = 2, max_replicas = 2, cpu = 0.25, messages_per_replica = 1 }
      secrets = merge(
        { OPS_EXPORT_KEY = var.operations_key_secret_id },
        var.operations_alert_webhook == null ? {} : {
          OPS_ALERT_WEBHOOK_URL    = var.operations_alert_webhook.url_secret_id
          OPS_ALERT_WEBHOOK_SECRET = var.operations_alert_webhook.signing_secret_id
        },
        local.tracing_secrets,
      )
      environment = merge(local.environment["operations"], {
        AZURE_CLIENT_ID = var.operations_identity.client_id
        DATABASE_URL    = "postgresql://${var.operations_identity.name}@${var.database_host}:5432/${var.database_names["order-api"]}?sslmode=verify-full"
      })
    }
  }

  deployments = merge(local.app_deployments, local.operations_deployment)

  # Who may read and write the tables of an app: its identity, named like its role. Migration jobs grant it.
  database_roles = {
    for app in keys(local.apps) : app => concat(
      [var.identities[app].name],
      app == "order-api" && var.operations_identity != null ? [var.operations_identity.name] : [],
    )
  }
}
