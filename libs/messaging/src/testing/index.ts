export { AdvancingClock } from './advancing-clock.js';
export { ManualClock } from './manual-clock.js';
export { outgoing } from './outgoing.js';
export { type HeldDelivery, type Receiver, receive } from './receive.js';
export {
  inEnvironment,
  suiteTopology,
  type TestedTransport,
  type TransportEnvironment,
  type TransportHarness,
} from './transport-harness.js';
export { transportSuite } from './transport-suite.js';
