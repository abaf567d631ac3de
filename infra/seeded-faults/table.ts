import { CONTAINER_FAULTS } from './containers.ts';
import type { Fault } from './fault.ts';
import { KUBERNETES_GUIDE_FAULTS } from './kubernetes-guide.ts';
import { KUBERNETES_FAULTS } from './kubernetes.ts';
import { PROMETHEUS_FAULTS } from './prometheus.ts';
import { ACCESS_FAULTS } from './terraform-access.ts';
import { ALERT_SENSE_FAULTS } from './terraform-alerts.ts';
import { AZURE_FAULTS } from './terraform-azure.ts';
import { EDGE_FAULTS } from './terraform-edges.ts';
import { OPERATIONS_FAULTS } from './terraform-operations.ts';
import { SECOND_DEPLOYMENT_FAULTS } from './second-deployment.ts';
import { TERRAFORM_FAULTS } from './terraform.ts';

/** Every seeded fault, by area. Those of one area are seeded together where they do not touch the same text. */
export const FAULTS: readonly (readonly Fault[])[] = [
  ...TERRAFORM_FAULTS,
  ...KUBERNETES_FAULTS,
  ...KUBERNETES_GUIDE_FAULTS,
  ...CONTAINER_FAULTS,
  ...PROMETHEUS_FAULTS,
  ...AZURE_FAULTS,
  ...ACCESS_FAULTS,
  ...OPERATIONS_FAULTS,
  ...ALERT_SENSE_FAULTS,
  ...EDGE_FAULTS,
  ...SECOND_DEPLOYMENT_FAULTS,
];
