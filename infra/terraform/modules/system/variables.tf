variable "project" {
  description = "Prefix of every name: 3 to 16 lower-case letters, digits and single dashes, starting with a letter."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,14}[a-z0-9]$", var.project)) && !strcontains(var.project, "--")
    error_message = "project must be 3 to 16 lower-case letters, digits and single dashes, starting with a letter: other names are made from it."
  }
}

variable "name_suffix" {
  description = <<-EOT
    End of the names that must be unique in all of Azure (Service Bus, Key Vault, PostgreSQL): 4 lower-case letters or
    digits. null derives it from the subscription and the project; another value where such a name is taken.
  EOT
  type        = string
  default     = null

  validation {
    condition     = var.name_suffix == null || can(regex("^[a-z0-9]{4}$", var.name_suffix))
    error_message = "name_suffix must be 4 lower-case letters or digits."
  }
}

variable "location" {
  description = "Azure region."
  type        = string
}

variable "tags" {
  description = "Tags of every resource, besides system and project."
  type        = map(string)
  default     = {}
}

variable "ordered" {
  description = "Whether the messages of one order come in order: queues with sessions beside `orders`, `billing` and `order-status`, and apps that take them (docs/order.md)."
  type        = bool
  default     = false
}

variable "alert_email" {
  description = "Who alerts are sent to."
  type        = string
}

variable "private" {
  description = "Whether Service Bus, PostgreSQL and Key Vault are reached through private endpoints only. Needs Premium."
  type        = bool
}

variable "protected" {
  description = "Whether a deleted vault can be brought back for 90 days and never be purged before. Locks: environments/prod-locks."
  type        = bool
}

variable "sb_sku" {
  description = "Sku of Service Bus: Standard or Premium."
  type        = string
}

variable "sb_capacity" {
  description = "Messaging units of Premium: 1, 2, 4, 8 or 16; 0 on Standard."
  type        = number
}

variable "sas_enabled" {
  description = "Whether Service Bus also lets shared access keys in."
  type        = bool
  default     = false
}

variable "queue_name" {
  description = "Name of the queue of order commands."
  type        = string
  default     = "orders"
}

variable "topic_name" {
  description = "Name of the topic of events."
  type        = string
  default     = "events"
}

variable "image_prefix" {
  description = "Registry and path of the images, without the app's name: registry.example.com/orderflow."
  type        = string
}

variable "image_tag" {
  description = "Tag of the images to run; not latest."
  type        = string
}

variable "container_registry_id" {
  description = "Resource id of the Azure Container Registry, which the apps pull from by identity; null for a public registry."
  type        = string
  default     = null
}

variable "scale" {
  description = "Replicas, cores and messages a replica is worth, of each app."
  type = map(object({
    min_replicas         = number
    max_replicas         = number
    messages_per_replica = optional(number, 50)
    cpu                  = optional(number, 0.5)
  }))
}

variable "scaler_role" {
  description = "Role of the scaler's identity on the queues it reads the length of."
  type        = string
  default     = "Azure Service Bus Data Owner"
}

variable "operations_enabled" {
  description = "Whether the internal operations deployment runs."
  type        = bool
  default     = false
}

variable "alert_webhook" {
  description = "Whether operations tell a webhook of alerts: its address and what signs that are the vault's secrets `ops-alert-webhook-url` and `ops-alert-webhook-secret`."
  type        = bool
  default     = false

  validation {
    condition     = !var.alert_webhook || var.operations_enabled
    error_message = "Only operations tell of alerts: set operations_enabled."
  }
}

variable "database" {
  description = "Size and resilience of PostgreSQL, and how many connections each replica opens at most (`pool_size`, besides one that listens)."
  type = object({
    sku_name              = string
    backup_retention_days = optional(number, 7)
    geo_redundant_backup  = optional(bool, false)
    zone_redundant        = optional(bool, false)
    pool_size             = optional(number, 20)
  })
}

variable "backlog_thresholds" {
  description = "Active messages above which an alert fires, by queue key; 100 for the others."
  type        = map(number)
  default     = {}
}

variable "log_retention_in_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30
}

variable "log_daily_quota_gb" {
  description = "Most gigabytes of logs a day; -1 is no limit, which alerts on logs need where somebody is woken by them."
  type        = number
  default     = 5
}

variable "log_volume_gb" {
  description = "Gigabytes of logs in a day above which an alert fires."
  type        = number
  default     = 3
}

variable "kubernetes" {
  description = <<-EOT
    The cluster whose service accounts may use the workloads' identities: its OIDC issuer, the namespace of OrderFlow,
    KEDA's own namespace (that of AKS' add-on unless it is said). null on Container Apps alone.
  EOT
  type = object({
    oidc_issuer_url = string
    namespace       = optional(string, "orderflow")
    keda_namespace  = optional(string, "kube-system")
  })
  default = null
}

variable "access" {
  description = "Whose access tokens the apps take: issuer and audience as tokens have them, where the issuer's keys are, and the claim that makes a token a customer's. Null takes Entra ID of the subscription's tenant, and the audience api://PROJECT."
  type = object({
    issuer         = string
    audience       = string
    jwks_url       = string
    customer_claim = optional(string, "customer_id")
  })
  default = null
}

variable "tracing" {
  description = "Where the apps send spans by OTLP over HTTP: address of the collector; whether the headers of each export, such as a key, are in the vault's secret `otel-exporter-otlp-headers`; attributes of every span. Null for nowhere."
  type = object({
    endpoint            = string
    headers             = optional(bool, false)
    resource_attributes = optional(map(string), {})
  })
  default = null
}

variable "default_currency" {
  description = "ISO 4217 code for messages of the seeds, which have none."
  type        = string
  default     = "EUR"
}

variable "address_space" {
  description = "Address space of the virtual network: a /16."
  type        = string
  default     = "10.40.0.0/16"
}
