export { AdvancingClock } from './advancing-clock.js';
export { type InboxEnvironment, inboxSuite } from './inbox-suite.js';
export { lastingPort } from './lasting-port.js';
export { ManualClock } from './manual-clock.js';
export { type OutboxEnvironment, outboxSuite } from './outbox-suite.js';
export { outgoing } from './outgoing.js';
export { sendWaiting } from './send-waiting.js';
export { type ReceivedDelivery, type Receiver, receive } from './receive.js';
export {
  suiteTopology,
  type TestedTransport,
  type TransportEnvironment,
  type TransportHarness,
} from './transport-harness.js';
export { transportSuite } from './transport-suite.js';
