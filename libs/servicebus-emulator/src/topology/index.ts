export type { AccessRight, AuthorizationRule } from '../entities/authorization-rule.js';
export { formatDuration, parseDuration } from './duration.js';
export { formatTopology } from './format-topology.js';
export { parseTopology } from './parse-topology.js';
export {
  type QueueTopology,
  type SubscriptionTopology,
  type Topology,
  TopologyError,
  type TopologyProblem,
  type TopicTopology,
} from './topology.js';
