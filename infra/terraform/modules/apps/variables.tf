variable "name" {
  description = "Prefix of the environment's name."
  type        = string
}

variable "resource_group_name" {
  description = "Resource group that holds everything of this module."
  type        = string
}

variable "location" {
  description = "Azure region."
  type        = string
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}

variable "images" {
  description = "Image with tag or digest of each app and of `cli`, which runs the migrations."
  type        = map(string)

  validation {
    condition     = toset(keys(var.images)) == toset(["order-api", "order-worker", "billing-worker", "analytics-worker", "cli"])
    error_message = "images must name order-api, order-worker, billing-worker, analytics-worker and cli."
  }

  validation {
    condition     = alltrue([for image in var.images : !endswith(image, ":latest") && can(regex("(:[^/]+|@sha256:[0-9a-f]{64})$", image))])
    error_message = "Every image needs a tag other than latest, or a digest: a deployment must be repeatable."
  }
}

variable "registry_server" {
  description = "Container registry to log in to with the apps' identities; null for a public one."
  type        = string
  default     = null
}

variable "scale" {
  description = <<-EOT
    Replicas, cores (memory is twice as many GiB) and the backlog one replica is worth, for each app. At least one
    replica each: it drains the outbox, also when no message waits.
  EOT
  type = map(object({
    min_replicas         = number
    max_replicas         = number
    messages_per_replica = optional(number, 50)
    cpu                  = optional(number, 0.5)
  }))
  default = {
    order-api        = { min_replicas = 1, max_replicas = 3, messages_per_replica = 200 }
    order-worker     = { min_replicas = 1, max_replicas = 5 }
    billing-worker   = { min_replicas = 1, max_replicas = 5 }
    analytics-worker = { min_replicas = 1, max_replicas = 3, messages_per_replica = 200 }
  }

  validation {
    condition     = toset(keys(var.scale)) == toset(["order-api", "order-worker", "billing-worker", "analytics-worker"])
    error_message = "scale must name order-api, order-worker, billing-worker and analytics-worker."
  }

  validation {
    condition     = alltrue([for each in var.scale : each.min_replicas >= 1 && each.max_replicas >= each.min_replicas])
    error_message = "min_replicas must be 1 or more (a replica drains the outbox) and max_replicas not below it."
  }
}

variable "identities" {
  description = "Identity of each app, as the identity module answers them."
  type = map(object({
    id        = string
    client_id = string
    name      = string
  }))
}

variable "scaler_identity_id" {
  description = "Identity that reads the length of the queues. Never an app's own."
  type        = string

  validation {
    condition     = !contains([for identity in var.identities : identity.id], var.scaler_identity_id)
    error_message = "The scaler needs an identity of its own: reading counts takes Manage, which no app may have."
  }
}

variable "migrations_identity" {
  description = "Identity of the migration jobs, the databases' administrator."
  type = object({
    id        = string
    client_id = string
    name      = string
  })
}

variable "operations_identity" {
  description = "Identity of the internal operations deployment; null for none."
  type = object({
    id        = string
    client_id = string
    name      = string
  })
  default = null
}

variable "operations_key_secret_id" {
  description = "Key Vault URI, without a version, of the secret that encrypts the copies of what operations discard; needed with operations_identity."
  type        = string
  default     = null

  validation {
    condition     = var.operations_identity == null || var.operations_key_secret_id != null
    error_message = "Operations discard nothing without a key for its copies: set operations_key_secret_id."
  }
}

variable "operations_alert_webhook" {
  description = "Key Vault URIs, without a version, of the secrets with the address that operations tell of alerts, and with what signs that; null for the log alone."
  type = object({
    url_secret_id     = string
    signing_secret_id = string
  })
  default = null
}

variable "namespace_name" {
  description = "Name of the Service Bus namespace, for the scaler."
  type        = string
}

variable "fully_qualified_namespace" {
  description = "Host name of the Service Bus namespace."
  type        = string
}

variable "ordered" {
  description = "Whether the apps take the messages of one order in order, from queues with sessions."
  type        = bool
  default     = false
}

variable "queue_names" {
  description = "Names of the queues by key: orders, billing, analytics, order-status, lab; where ordered, also those with `-ordered` at the end."
  type        = map(string)
}

variable "topic_name" {
  description = "Name of the topic of events."
  type        = string
}

variable "database_host" {
  description = "Host name of PostgreSQL."
  type        = string
}

variable "database_names" {
  description = "Database of each app."
  type        = map(string)
}

variable "database_pool_size" {
  description = "Connections to PostgreSQL that one replica opens at most, besides one that listens. All replicas at their most must stay below what the server's size allows."
  type        = number
  default     = 20

  validation {
    condition     = var.database_pool_size >= 2 && var.database_pool_size <= 1000
    error_message = "database_pool_size must be 2 to 1000."
  }
}

variable "payment_gateway_url_secret_id" {
  description = "Key Vault URI, without a version, of the secret that holds the payment gateway's URL."
  type        = string
}

variable "access" {
  description = "Whose access tokens the apps take: issuer and audience as tokens have them, where the issuer's keys are, and the claim that makes a token a customer's."
  type = object({
    issuer         = string
    audience       = string
    jwks_url       = string
    customer_claim = optional(string, "customer_id")
  })

  validation {
    condition     = startswith(var.access.issuer, "https://") && startswith(var.access.jwks_url, "https://")
    error_message = "access.issuer and access.jwks_url must start with https://: whoever is between could hand out keys of their own."
  }

  validation {
    condition     = trimspace(var.access.audience) != "" && trimspace(var.access.customer_claim) != ""
    error_message = "access.audience and access.customer_claim must not be empty."
  }
}

variable "tracing" {
  description = "Where the apps send spans by OTLP over HTTP: address of the collector, Key Vault URI (without a version) of the secret with the headers of each export, attributes of every span. Null for nowhere."
  type = object({
    endpoint            = string
    headers_secret_id   = optional(string)
    resource_attributes = optional(map(string), {})
  })
  default = null

  validation {
    condition     = var.tracing == null || can(regex("^https?://[^/]", var.tracing.endpoint))
    error_message = "tracing.endpoint must start with http:// or https://: spans go there by OTLP over HTTP."
  }

  validation {
    condition     = try(var.tracing.headers_secret_id == null || startswith(var.tracing.endpoint, "https://"), true)
    error_message = "tracing.endpoint must start with https:// where headers go with it: they hold a key."
  }

  validation {
    condition     = try(alltrue([for name in keys(var.tracing.resource_attributes) : can(regex("^[^\\s=,;]+$", name))]), true)
    error_message = "The names of tracing.resource_attributes must be without space, =, comma and semicolon."
  }
}

variable "default_currency" {
  description = "ISO 4217 code for messages of the seeds, which have none."
  type        = string
  default     = "EUR"
}

variable "log_level" {
  description = "Least severe level that the apps log."
  type        = string
  default     = "info"
}

variable "termination_grace_period_seconds" {
  description = "How long a replica may finish what it has in flight after SIGTERM: 30 to 600. The apps' own deadline is 15 s less."
  type        = number
  default     = 60

  validation {
    condition     = var.termination_grace_period_seconds >= 30 && var.termination_grace_period_seconds <= 600
    error_message = "termination_grace_period_seconds must be 30 to 600: below 30 the apps cannot finish what is in flight."
  }
}

variable "log_analytics_workspace_id" {
  description = "Log Analytics workspace that receives the apps' logs."
  type        = string
}

variable "infrastructure_subnet_id" {
  description = "Subnet of the environment; null puts it outside of any virtual network of yours."
  type        = string
  default     = null
}

variable "zone_redundant" {
  description = "Whether replicas are spread over zones. Only inside a subnet."
  type        = bool
  default     = false
}
