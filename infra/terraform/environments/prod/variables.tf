variable "project" {
  description = "Prefix of every name: 3 to 16 lower-case letters, digits and single dashes, starting with a letter."
  type        = string
}

variable "name_suffix" {
  description = "End of the names that must be unique in all of Azure; null derives it from the subscription and the project."
  type        = string
  default     = null
}

variable "location" {
  description = "Azure region, one with availability zones."
  type        = string
}

variable "sb_capacity" {
  description = "Messaging units of Service Bus: 1, 2, 4, 8 or 16."
  type        = number
  default     = 1
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

variable "image_prefix" {
  description = "Registry and path of the images, without the app's name: registry.example.com/orderflow."
  type        = string
}

variable "image_tag" {
  description = "Tag of the images to run; not latest."
  type        = string
}

variable "container_registry_id" {
  description = "Resource id of the Azure Container Registry, which the apps pull from by identity."
  type        = string
}

variable "operations_enabled" {
  description = "Whether the internal operations deployment runs (dead letters of every entity)."
  type        = bool
  default     = true
}

variable "alert_webhook" {
  description = "Whether operations tell a webhook of alerts: its address and what signs that are the vault's secrets `ops-alert-webhook-url` and `ops-alert-webhook-secret`."
  type        = bool
  default     = false
}

variable "scaler_role" {
  description = "Role of the scaler's identity on the queues it reads the length of."
  type        = string
  default     = "Azure Service Bus Data Owner"
}

variable "database_sku_name" {
  description = "Size of PostgreSQL; not a burstable one, which cannot be zone redundant."
  type        = string
  default     = "GP_Standard_D2ds_v5"

  validation {
    condition     = !startswith(var.database_sku_name, "B_")
    error_message = "Production is zone redundant, which burstable servers cannot be: choose a GP_ or MO_ size."
  }
}

variable "backlog_thresholds" {
  description = "Active messages above which an alert fires, by queue key; 100 for the others."
  type        = map(number)
  default = {
    orders    = 1000
    analytics = 5000
  }
}

variable "log_volume_gb" {
  description = "Gigabytes of logs in a day above which an alert fires; logs have no cap."
  type        = number
  default     = 20
}

variable "address_space" {
  description = "Address space of the virtual network: a /16."
  type        = string
  default     = "10.40.0.0/16"
}

variable "kubernetes_issuer_url" {
  description = "OIDC issuer of a Kubernetes cluster whose service accounts may use the identities; null for none."
  type        = string
  default     = null
}

variable "kubernetes_namespace" {
  description = "Namespace of OrderFlow in that cluster."
  type        = string
  default     = "orderflow"
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
