variable "protected_ids" {
  description = "What cannot be deleted, resource ids by name: the output protected_ids of environments/prod."
  type        = map(string)

  validation {
    condition     = length(var.protected_ids) > 0
    error_message = "protected_ids is empty: write it with `terraform -chdir=../prod output -json protected_ids`."
  }
}
