variable "name" {
  description = "Name of the server, unique in Azure: 3 to 63 lower-case letters, digits and dashes."
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

variable "tenant_id" {
  description = "Entra tenant whose identities may log in."
  type        = string
}

variable "migrations_principal_id" {
  description = "Object id of the identity that runs migrations: the server's administrator."
  type        = string
}

variable "migrations_principal_name" {
  description = "Name of the identity that runs migrations, which is its role name in PostgreSQL."
  type        = string
}

variable "databases" {
  description = "Name of the database of each app. No app reads another's."
  type        = map(string)
  default = {
    order-api        = "order_api"
    order-worker     = "order_worker"
    billing-worker   = "billing_worker"
    analytics-worker = "analytics_worker"
  }
}

variable "sku_name" {
  description = "Size of the server, such as B_Standard_B1ms or GP_Standard_D2ds_v5."
  type        = string
  default     = "B_Standard_B1ms"
}

variable "storage_mb" {
  description = "Storage in megabytes at creation; from then on it grows by itself, and a change here changes nothing."
  type        = number
  default     = 32768
}

variable "backup_retention_days" {
  description = "Days of point-in-time restore: 7 to 35."
  type        = number
  default     = 7
}

variable "geo_redundant_backup_enabled" {
  description = "Whether backups are copied to the paired region. Fixed at creation."
  type        = bool
  default     = false
}

variable "zone_redundant" {
  description = "Whether a standby runs in another zone. Not on Burstable sizes."
  type        = bool
  default     = false
}

variable "public_network_access_enabled" {
  description = "Whether the server has a public face (open to Azure only). Off where there is a private endpoint."
  type        = bool
  default     = false
}
