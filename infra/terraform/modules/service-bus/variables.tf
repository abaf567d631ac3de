variable "name" {
  description = "Name of the namespace, unique in Azure: 6 to 50 letters, digits and dashes, not ending in -sb or -mgmt."
  type        = string
}

variable "resource_group_name" {
  description = "Resource group that holds the namespace."
  type        = string
}

variable "location" {
  description = "Azure region."
  type        = string
}

variable "sku" {
  description = "Standard or Premium. Basic has no topics, no duplicate detection and no forwarding, so OrderFlow cannot run on it."
  type        = string
  default     = "Standard"

  validation {
    condition     = contains(["Standard", "Premium"], var.sku)
    error_message = "sku must be Standard or Premium: Basic has no topics, no duplicate detection and no forwarding."
  }
}

variable "capacity" {
  description = "Messaging units of a Premium namespace: 1, 2, 4, 8 or 16. Leave at 0 on Standard."
  type        = number
  default     = 0
}

variable "public_network_access_enabled" {
  description = "Whether the namespace answers on the internet. Must be true on Standard (it has no private endpoints) and false on Premium."
  type        = bool
  default     = true
}

variable "sas_enabled" {
  description = "Whether shared access keys work. Off: only Entra identities are let in, and no connection string exists."
  type        = bool
  default     = false
}

variable "queue_name" {
  description = "Name of the queue of order commands, which order-worker owns."
  type        = string
  default     = "orders"
}

variable "topic_name" {
  description = "Name of the topic of events."
  type        = string
  default     = "events"
}

variable "queues" {
  description = <<-EOT
    The queues by name. The key `orders` is renamed to `queue_name`. Defaults of a queue are those of a worker's queue:
    duplicate detection over PT1H drops the twin of a rescheduled message, and 20 deliveries leave headroom over the
    attempts that OrderFlow counts itself.
  EOT
  type = map(object({
    lock_duration                           = optional(string, "PT1M")
    max_delivery_count                      = optional(number, 20)
    default_message_ttl                     = optional(string)
    dead_lettering_on_message_expiration    = optional(bool, true)
    requires_duplicate_detection            = optional(bool, true)
    duplicate_detection_history_time_window = optional(string, "PT1H")
    requires_session                        = optional(bool, false)
    max_size_in_megabytes                   = optional(number)
  }))
  default = {
    orders       = {}
    billing      = {}
    analytics    = {}
    order-status = {}
    lab = {
      max_delivery_count                      = 10
      dead_lettering_on_message_expiration    = false
      requires_duplicate_detection            = false
      duplicate_detection_history_time_window = "PT10M"
    }
  }

  validation {
    condition     = contains(keys(var.queues), "orders")
    error_message = "queues must have the key orders: order-api sends commands to it."
  }
}

variable "ordered" {
  description = "Whether the messages of one order come in order: queues with sessions beside `orders`, `billing` and `order-status`, named like them with `-ordered` at the end, into which the subscriptions forward."
  type        = bool
  default     = false
}

variable "subscriptions" {
  description = <<-EOT
    The subscriptions of the topic by name. Each forwards into the queue named by `forward_to` (a key of `queues`) what
    has one of `labels` as its subject; no labels means every event.
  EOT
  type = map(object({
    forward_to                           = string
    labels                               = optional(set(string), [])
    lock_duration                        = optional(string, "PT1M")
    max_delivery_count                   = optional(number, 20)
    dead_lettering_on_message_expiration = optional(bool, true)
  }))
  default = {
    billing = {
      forward_to = "billing"
      labels     = ["order.accepted"]
    }
    order-status = {
      forward_to = "order-status"
      labels     = ["order.accepted", "order.rejected", "order.cancelled", "payment.captured", "payment.failed"]
    }
    analytics = {
      forward_to = "analytics"
    }
  }

  validation {
    condition     = alltrue([for subscription in var.subscriptions : contains(keys(var.queues), subscription.forward_to)])
    error_message = "Every subscription's forward_to must be a key of queues."
  }
}

variable "duplicate_detection_history_time_window" {
  description = "How long the topic remembers message ids, as an ISO 8601 duration."
  type        = string
  default     = "PT1H"
}

variable "log_analytics_workspace_id" {
  description = "Log Analytics workspace that receives the namespace's logs and metrics."
  type        = string
}

variable "tags" {
  description = "Tags of the namespace."
  type        = map(string)
  default     = {}
}
