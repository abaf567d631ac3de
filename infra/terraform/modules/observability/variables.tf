variable "name" {
  description = "Prefix of the resources' names."
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

variable "retention_in_days" {
  description = "How long logs are kept: 30 to 730 days."
  type        = number
  default     = 30

  validation {
    condition     = var.retention_in_days >= 30 && var.retention_in_days <= 730
    error_message = "retention_in_days must be 30 to 730."
  }
}

variable "daily_quota_gb" {
  description = <<-EOT
    Most gigabytes ingested a day; -1 is no limit. A limit keeps a log storm from becoming a bill, and blinds every alert
    on logs until the next day: not where somebody is woken by one.
  EOT
  type        = number
  default     = 5
}
