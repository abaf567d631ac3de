mock_provider "azurerm" {}

variables {
  name                = "orderflow-test"
  resource_group_name = "rg-test"
  location            = "westeurope"
  namespace_id        = "/namespaces/sb"
  topic_id            = "/namespaces/sb/topics/events"
  queue_ids = {
    orders       = "/namespaces/sb/queues/orders"
    billing      = "/namespaces/sb/queues/billing"
    analytics    = "/namespaces/sb/queues/analytics"
    order-status = "/namespaces/sb/queues/order-status"
    lab          = "/namespaces/sb/queues/lab"
  }
}

run "each_app_has_exactly_its_rights" {
  assert {
    condition = keys(azurerm_role_assignment.send) == [
      "analytics-worker/analytics",
      "billing-worker/billing", "billing-worker/events",
      "order-api/lab", "order-api/order-status", "order-api/orders",
      "order-worker/events", "order-worker/orders",
    ]
    error_message = "An app sends to its own queue, and the publishers to the topic, nothing else."
  }

  assert {
    condition = keys(azurerm_role_assignment.receive) == [
      "analytics-worker/analytics", "billing-worker/billing", "order-api/lab", "order-api/order-status", "order-worker/orders",
    ]
    error_message = "An app receives from its own queue, nothing else."
  }

  assert {
    condition     = azurerm_role_assignment.send["order-worker/events"].scope == "/namespaces/sb/topics/events"
    error_message = "Publishing is a right on the topic, not on the namespace."
  }

  assert {
    condition     = azurerm_role_assignment.receive["billing-worker/billing"].principal_id == azurerm_user_assigned_identity.app["billing-worker"].principal_id
    error_message = "The right belongs to the app's own identity."
  }
}

run "the_scaler_is_nobody_else" {
  assert {
    condition     = alltrue([for assignment in azurerm_role_assignment.scaler : assignment.principal_id == azurerm_user_assigned_identity.scaler.principal_id])
    error_message = "Only the scaler's identity reads counts."
  }

  assert {
    condition     = alltrue([for assignment in azurerm_role_assignment.scaler : strcontains(assignment.scope, "/queues/")])
    error_message = "The scaler has rights on single queues only."
  }

  assert {
    condition     = length(azurerm_role_assignment.operations) == 0 && output.operations == null
    error_message = "Nobody may manage the namespace unless operations are switched on."
  }
}

run "rights_follow_the_messages_into_sessions" {
  variables {
    ordered_queues = { orders = "orders-ordered", billing = "billing-ordered", order-status = "order-status-ordered" }
    queue_ids = {
      orders               = "/namespaces/sb/queues/orders"
      billing              = "/namespaces/sb/queues/billing"
      analytics            = "/namespaces/sb/queues/analytics"
      order-status         = "/namespaces/sb/queues/order-status"
      lab                  = "/namespaces/sb/queues/lab"
      orders-ordered       = "/namespaces/sb/queues/orders-ordered"
      billing-ordered      = "/namespaces/sb/queues/billing-ordered"
      order-status-ordered = "/namespaces/sb/queues/order-status-ordered"
    }
  }

  assert {
    condition     = [for right in keys(azurerm_role_assignment.send) : right if endswith(right, "-ordered")] == ["order-api/orders-ordered", "order-worker/orders-ordered"]
    error_message = "Commands are sent to the queue with sessions, by order-api and by order-worker, which passes them on."
  }

  assert {
    condition = [for right in keys(azurerm_role_assignment.receive) : right if endswith(right, "-ordered")] == [
      "billing-worker/billing-ordered", "order-api/order-status-ordered", "order-worker/orders-ordered",
    ]
    error_message = "Each queue with sessions is received from by the app of the queue beside it."
  }

  assert {
    condition     = length(azurerm_role_assignment.receive) == 8 && length(azurerm_role_assignment.send) == 10
    error_message = "Every other right stays: what is in the queues beside has to be drained."
  }

  assert {
    condition     = azurerm_role_assignment.scaler["orders-ordered"].scope == "/namespaces/sb/queues/orders-ordered" && length(azurerm_role_assignment.scaler) == 7
    error_message = "The scaler reads the length of the queues with sessions."
  }
}

run "operations_have_their_own_identity" {
  variables {
    operations_enabled = true
  }

  assert {
    condition     = azurerm_role_assignment.operations[0].scope == "/namespaces/sb" && output.operations.name == "orderflow-test-operations"
    error_message = "Operations manage the namespace with an identity of their own."
  }
}

run "secrets_and_images_are_read_by_identity" {
  variables {
    secrets               = { gateway = { app = "billing-worker", scope = "/vaults/kv/secrets/payment-gateway-url" } }
    container_registry_id = "/registries/acr"
  }

  assert {
    condition     = azurerm_role_assignment.secret["gateway"].scope == "/vaults/kv/secrets/payment-gateway-url"
    error_message = "An app reads its one secret, not the vault."
  }

  assert {
    condition     = keys(azurerm_role_assignment.pull) == ["analytics-worker", "billing-worker", "migrations", "order-api", "order-worker"]
    error_message = "Every deployment pulls its image with its own identity."
  }
}

run "no_cluster_no_federation" {
  assert {
    condition     = length(azurerm_federated_identity_credential.kubernetes) == 0
    error_message = "Without a cluster nobody gets a token for an identity but the platform itself."
  }
}

run "a_cluster_gets_an_identity_for_each_workload" {
  variables {
    kubernetes = { oidc_issuer_url = "https://oidc.example.com/cluster/", namespace = "shop" }
  }

  assert {
    condition = { for workload, credential in azurerm_federated_identity_credential.kubernetes : workload => credential.subject } == {
      order-api        = "system:serviceaccount:shop:order-api"
      order-worker     = "system:serviceaccount:shop:order-worker"
      billing-worker   = "system:serviceaccount:shop:billing-worker"
      analytics-worker = "system:serviceaccount:shop:analytics-worker"
      migrations       = "system:serviceaccount:shop:migrations"
      scaler           = "system:serviceaccount:kube-system:keda-operator"
    }
    error_message = "A service account is named like its workload."
  }

  assert {
    condition     = keys(output.workloads) == keys(azurerm_federated_identity_credential.kubernetes)
    error_message = "Whoever writes the overlay finds every client id."
  }
}

run "operations_have_a_service_account_of_their_own" {
  variables {
    operations_enabled = true
    kubernetes         = { oidc_issuer_url = "https://oidc.example.com/cluster/", namespace = "shop" }
  }

  assert {
    condition     = azurerm_federated_identity_credential.kubernetes["operations"].subject == "system:serviceaccount:shop:operations" && output.workloads["operations"].name == "orderflow-test-operations"
    error_message = "Who manages the namespace is nobody else in the cluster either."
  }
}

run "refuses_an_issuer_without_tls" {
  command = plan

  variables {
    kubernetes = { oidc_issuer_url = "http://oidc.example.com" }
  }

  expect_failures = [var.kubernetes]
}

run "refuses_an_unknown_scaler_role" {
  command = plan

  variables {
    scaler_role = "Contributor"
  }

  expect_failures = [var.scaler_role]
}

run "operations_read_a_secret_with_their_own_identity" {
  variables {
    operations_enabled = true
    secrets            = { headers = { app = "operations", scope = "/vaults/kv/secrets/headers" } }
  }

  assert {
    condition     = azurerm_role_assignment.secret["headers"].principal_id == azurerm_user_assigned_identity.operations[0].principal_id
    error_message = "Operations run as an identity of their own."
  }
}
