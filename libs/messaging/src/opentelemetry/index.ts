export { contextOf, spanContextOf, traceparentOf } from './trace-context.js';
export { traceDeliveries } from './trace-deliveries.js';
export { traceMessaging } from './trace-messaging.js';
export { traceSends } from './trace-sends.js';
