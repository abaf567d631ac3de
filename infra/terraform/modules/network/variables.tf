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

variable "address_space" {
  description = "Address space of the virtual network: a /16."
  type        = string
  default     = "10.40.0.0/16"

  validation {
    condition     = can(cidrsubnet(var.address_space, 8, 2)) && endswith(var.address_space, "/16")
    error_message = "address_space must be a /16 in CIDR notation, such as 10.40.0.0/16."
  }
}

variable "private_endpoints" {
  description = "What gets a private endpoint: the resource and its subresource (namespace, postgresqlServer or vault)."
  type = map(object({
    resource_id = string
    subresource = string
  }))

  validation {
    condition = alltrue([
      for endpoint in var.private_endpoints : contains(["namespace", "postgresqlServer", "vault"], endpoint.subresource)
    ])
    error_message = "subresource must be namespace, postgresqlServer or vault."
  }
}
