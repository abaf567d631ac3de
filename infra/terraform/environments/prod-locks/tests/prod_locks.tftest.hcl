mock_provider "azurerm" {}

run "locks_what_it_is_given" {
  variables {
    protected_ids = { database = "/subscriptions/0/servers/pg", service-bus = "/subscriptions/0/namespaces/bus" }
  }

  assert {
    condition     = tomap({ for name, lock in azurerm_management_lock.keep : name => lock.scope }) == var.protected_ids
    error_message = "Everything given is locked."
  }

  assert {
    condition     = alltrue([for lock in azurerm_management_lock.keep : lock.lock_level == "CanNotDelete"])
    error_message = "A lock refuses deletion and lets data be written."
  }
}

run "refuses_to_lock_nothing" {
  command = plan

  variables {
    protected_ids = {}
  }

  expect_failures = [var.protected_ids]
}
