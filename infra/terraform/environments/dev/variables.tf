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
  description = "Azure region."
  type        = string
  default     = "eastus"
}

variable "sb_sku" {
  description = "Sku of Service Bus. Standard here: Premium takes private endpoints, which environments/prod has."
  type        = string
  default     = "Standard"

  validation {
    condition     = var.sb_sku == "Standard"
    error_message = "environments/dev runs on Standard. Premium takes private endpoints: use environments/prod."
  }
}

variable "sas_enabled" {
  description = "Whether shared access keys work, for tools that cannot use an identity. Then there is a connection string."
  type        = bool
  default     = false
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
  description = "Registry and path of the images, without the app's name. The default is a place that does not exist: enough for everything but the apps."
  type        = string
  default     = "registry.example.com/orderflow"
}

variable "image_tag" {
  description = "Tag of the images to run; not latest."
  type        = string
  default     = "0.1.0"
}

variable "container_registry_id" {
  description = "Resource id of the Azure Container Registry; null for a public registry."
  type        = string
  default     = null
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
