provider "azurerm" {
  features {}
}

# Locks have a state of their own, so that no apply and no destroy of environments/prod ever lifts one on the way. Lifting
# is an act of its own: `terraform destroy` here, then the work, then `terraform apply` here.
resource "azurerm_management_lock" "keep" {
  for_each = var.protected_ids

  name       = "keep-${each.key}"
  scope      = each.value
  lock_level = "CanNotDelete"
  notes      = "Holds messages, orders or secrets of production. Lifted by terraform destroy in environments/prod-locks."
}
