export { traceDeliveries } from './trace-deliveries.js';
export { traceSends } from './trace-sends.js';
