export { AdvancingClock } from './advancing-clock.js';
export { lastingPort } from './lasting-port.js';
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
