import { workerAccessSuite } from '@orderflow/service-kit/testing';
import { openBillingWorker } from '../test/open-billing-worker.js';

workerAccessSuite({
  open: openBillingWorker,
  routes: [
    'DELETE /ops/pause',
    'GET /invoices/:orderId',
    'GET /ops/outbox',
    'GET /ops/pause',
    'HEAD /invoices/:orderId',
    'HEAD /ops/outbox',
    'HEAD /ops/pause',
    'POST /ops/handled',
    'POST /ops/outbox/drop',
    'POST /ops/outbox/resend',
    'PUT /ops/pause',
  ],
});
