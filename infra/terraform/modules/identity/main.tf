locals {
  sender   = "Azure Service Bus Data Sender"
  receiver = "Azure Service Bus Data Receiver"

  # Commands are also sent to the queue with sessions; a retry waits in its session, and takes no right to send.
  sends_to = {
    for app, access in var.apps : app => concat(
      tolist(access.sends_to), [for target in access.sends_to : var.ordered_queues[target] if target == "orders" && contains(keys(var.ordered_queues), target)],
    )
  }

  # The queue beside stays its app's: what is still in it has to be drained.
  receives_from = {
    for app, access in var.apps : app => concat(
      tolist(access.receives_from), [for queue in access.receives_from : var.ordered_queues[queue] if contains(keys(var.ordered_queues), queue)],
    )
  }

  sends = merge([
    for app, targets in local.sends_to : { for target in targets : "${app}/${target}" => { app = app, target = target } }
  ]...)

  receives = merge([
    for app, queues in local.receives_from : { for queue in queues : "${app}/${queue}" => { app = app, queue = queue } }
  ]...)

  # Service accounts are named like their workloads; KEDA has one operator for the whole cluster.
  service_accounts = var.kubernetes == null ? {} : merge(
    {
      for app, identity in azurerm_user_assigned_identity.app : app => {
        identity_id = identity.id, service_account = "${var.kubernetes.namespace}:${app}"
      }
    },
    {
      migrations = {
        identity_id     = azurerm_user_assigned_identity.migrations.id
        service_account = "${var.kubernetes.namespace}:migrations"
      }
      scaler = {
        identity_id     = azurerm_user_assigned_identity.scaler.id
        service_account = "${var.kubernetes.keda_namespace}:keda-operator"
      }
    },
    {
      for identity in azurerm_user_assigned_identity.operations : "operations" => {
        identity_id = identity.id, service_account = "${var.kubernetes.namespace}:operations"
      }
    },
  )

  scopes = merge(var.queue_ids, { (var.topic_key) = var.topic_id })
}

resource "azurerm_user_assigned_identity" "app" {
  for_each = var.apps

  name                = "${var.name}-${each.key}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_role_assignment" "send" {
  for_each = local.sends

  scope                = local.scopes[each.value.target]
  role_definition_name = local.sender
  principal_id         = azurerm_user_assigned_identity.app[each.value.app].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "receive" {
  for_each = local.receives

  scope                = var.queue_ids[each.value.queue]
  role_definition_name = local.receiver
  principal_id         = azurerm_user_assigned_identity.app[each.value.app].principal_id
  principal_type       = "ServicePrincipal"
}

# Reads the length of the queues for autoscaling; an identity of its own, so that no worker can manage an entity.
resource "azurerm_user_assigned_identity" "scaler" {
  name                = "${var.name}-scaler"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_role_assignment" "scaler" {
  for_each = toset(concat(var.scaled_queues, values(var.ordered_queues)))

  scope                = var.queue_ids[each.key]
  role_definition_name = var.scaler_role
  principal_id         = azurerm_user_assigned_identity.scaler.principal_id
  principal_type       = "ServicePrincipal"
}

# Runs schema migrations; it owns the databases and reaches nothing else.
resource "azurerm_user_assigned_identity" "migrations" {
  name                = "${var.name}-migrations"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

# A pod with one of these service accounts gets tokens of the workload's identity: no secret is handed to the cluster.
resource "azurerm_federated_identity_credential" "kubernetes" {
  for_each = local.service_accounts

  name                      = "kubernetes"
  user_assigned_identity_id = each.value.identity_id
  issuer                    = var.kubernetes.oidc_issuer_url
  subject                   = "system:serviceaccount:${each.value.service_account}"
  audience                  = ["api://AzureADTokenExchange"]
}

# Inspects and replays dead letters of every entity, which takes Manage: only in a deployment without a public face.
resource "azurerm_user_assigned_identity" "operations" {
  count = var.operations_enabled ? 1 : 0

  name                = "${var.name}-operations"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_role_assignment" "operations" {
  count = var.operations_enabled ? 1 : 0

  scope                = var.namespace_id
  role_definition_name = "Azure Service Bus Data Owner"
  principal_id         = azurerm_user_assigned_identity.operations[0].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "secret" {
  for_each = var.secrets

  scope                = each.value.scope
  role_definition_name = "Key Vault Secrets User"
  principal_id         = (each.value.app == "operations" ? azurerm_user_assigned_identity.operations[0] : azurerm_user_assigned_identity.app[each.value.app]).principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "pull" {
  for_each = var.container_registry_id == null ? {} : merge(
    { for app, identity in azurerm_user_assigned_identity.app : app => identity.principal_id },
    { migrations = azurerm_user_assigned_identity.migrations.principal_id },
    var.operations_enabled ? { operations = azurerm_user_assigned_identity.operations[0].principal_id } : {},
  )

  scope                = var.container_registry_id
  role_definition_name = "AcrPull"
  principal_id         = each.value
  principal_type       = "ServicePrincipal"
}
