variable "name" {
  description = "Prefix of the identities' names."
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

variable "namespace_id" {
  description = "Resource id of the Service Bus namespace; only operations get a role on all of it."
  type        = string
}

variable "queue_ids" {
  description = "Resource ids of the queues by key."
  type        = map(string)
}

variable "topic_id" {
  description = "Resource id of the topic of events."
  type        = string
}

variable "topic_key" {
  description = "How `sends_to` names the topic."
  type        = string
  default     = "events"
}

variable "apps" {
  description = <<-EOT
    What each app may do: the queue keys it receives from, and the queue keys (or `events`) it sends to. A worker sends
    to its own queue because a delayed redelivery is a message scheduled there.
  EOT
  type = map(object({
    receives_from = set(string)
    sends_to      = set(string)
  }))
  default = {
    order-api = {
      receives_from = ["order-status", "lab"]
      sends_to      = ["orders", "order-status", "lab"]
    }
    order-worker = {
      receives_from = ["orders"]
      sends_to      = ["orders", "events"]
    }
    billing-worker = {
      receives_from = ["billing"]
      sends_to      = ["billing", "events"]
    }
    analytics-worker = {
      receives_from = ["analytics"]
      sends_to      = ["analytics"]
    }
  }
}

variable "ordered_queues" {
  description = "Keys of the queues with sessions by the key of the queue that each is beside; none by default. Who receives from that one receives from it too, and who sends commands sends them there."
  type        = map(string)
  default     = {}
}

variable "scaled_queues" {
  description = "Keys of the queues whose length the scaler reads."
  type        = list(string)
  default     = ["orders", "billing", "analytics", "order-status"]
}

variable "scaler_role" {
  description = <<-EOT
    Role of the scaler's identity on each scaled queue. KEDA reads counts through the management API, which asks for
    Manage; Data Owner on the queue alone is the least built-in role with it. Data Receiver is here for a namespace on
    which a trial shows that it is enough.
  EOT
  type        = string
  default     = "Azure Service Bus Data Owner"

  validation {
    condition     = contains(["Azure Service Bus Data Owner", "Azure Service Bus Data Receiver"], var.scaler_role)
    error_message = "scaler_role must be \"Azure Service Bus Data Owner\" or \"Azure Service Bus Data Receiver\"."
  }
}

variable "operations_enabled" {
  description = "Whether there is an identity for the internal operations deployment (dead letters of every entity)."
  type        = bool
  default     = false
}

variable "secrets" {
  description = "Key Vault secrets by any name: the app (or `operations`) that reads it and the resource id of that one secret."
  type = map(object({
    app   = string
    scope = string
  }))
  default = {}
}

variable "container_registry_id" {
  description = "Azure Container Registry the images are pulled from; null for a public one."
  type        = string
  default     = null
}

variable "kubernetes" {
  description = "Cluster whose service accounts may use the identities: OIDC issuer, namespace of OrderFlow, namespace of KEDA (that of AKS' add-on unless it is said). null for none."
  type = object({
    oidc_issuer_url = string
    namespace       = optional(string, "orderflow")
    keda_namespace  = optional(string, "kube-system")
  })
  default = null

  validation {
    condition     = var.kubernetes == null || can(regex("^https://", var.kubernetes.oidc_issuer_url))
    error_message = "oidc_issuer_url must be the https URL that the cluster answers as its OIDC issuer."
  }
}
