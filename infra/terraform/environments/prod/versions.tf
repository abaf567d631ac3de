terraform {
  required_version = ">= 1.9"

  # Filled by backend.hcl: terraform init -backend-config=backend.hcl
  backend "azurerm" {}

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.81, < 5"
    }
  }
}
