variable "name" {
  description = "Prefix of the alerts' names."
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

variable "alert_email" {
  description = "Who is written to."
  type        = string

  validation {
    condition     = can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alert_email))
    error_message = "alert_email must be an e-mail address."
  }
}

variable "namespace_id" {
  description = "Resource id of the Service Bus namespace."
  type        = string
}

variable "sku" {
  description = "Sku of the namespace; CPU and memory are metrics of Premium only."
  type        = string
}

variable "queue_names" {
  description = "Names of the watched queues by key."
  type        = map(string)
}

variable "topic_name" {
  description = "Name of the topic of events."
  type        = string
}

variable "default_backlog_threshold" {
  description = "Active messages of a queue above which an alert fires."
  type        = number
  default     = 100
}

variable "backlog_thresholds" {
  description = "Other thresholds for single queues, by key."
  type        = map(number)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.backlog_thresholds), keys(var.queue_names))) == 0
    error_message = "Every key of backlog_thresholds must be a key of queue_names."
  }
}

variable "scheduled_threshold" {
  description = "Scheduled messages of a queue above which an alert fires."
  type        = number
  default     = 100
}

variable "apps" {
  description = "Container apps to watch: resource id, least and most replicas."
  type = map(object({
    id  = string
    min = number
    max = number
  }))
}

variable "log_analytics_workspace_id" {
  description = "Workspace with the apps' logs."
  type        = string
}

variable "database" {
  description = "PostgreSQL server to watch, and how many connections it grants to applications."
  type = object({
    id                  = string
    granted_connections = number
  })

  validation {
    condition     = var.database.granted_connections != null
    error_message = "How many connections the database grants is not known: add its sku_name to granted_connections in modules/database."
  }
}

variable "server_error_percentage" {
  description = "Share of an app's answers that are server errors, in percent, above which an alert fires."
  type        = number
  default     = 5
}

variable "log_volume_gb" {
  description = "Gigabytes of logs in a day above which an alert fires."
  type        = number
  default     = 3
}

variable "outbox_age_seconds" {
  description = "Age of the oldest outbox row above which an alert fires."
  type        = number
  default     = 60
}
