output "lock_names" {
  description = "Names of the locks."
  value       = [for lock in azurerm_management_lock.keep : lock.name]
}
