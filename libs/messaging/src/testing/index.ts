export { AdvancingClock } from './advancing-clock.js';
export { lastingPort } from './lasting-port.js';
export {
  createMessagingHarness,
  type HarnessOptions,
  type Match,
  type MessagingHarness,
  type SeenDelivery,
  type SeenMessage,
} from './messaging-harness.js';
export { ManualClock } from './manual-clock.js';
export { outgoing } from './outgoing.js';
export { TcpProxy } from './tcp-proxy.js';
export { type ReceivedDelivery, type Receiver, receive } from './receive.js';
export {
  suiteTopology,
  type TestedTransport,
  type TransportEnvironment,
  type TransportHarness,
} from './transport-harness.js';
