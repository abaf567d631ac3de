import { workerAccessSuite } from '@orderflow/service-kit/testing';
import { openBillingWorker } from '../test/open-billing-worker.js';

workerAccessSuite({
  open: openBillingWorker,
  routes: [
    'DELETE /ops/pause',
    'GET /invoices/:orderId',
    'GET /ops/pause',
    'HEAD /invoices/:orderId',
    'HEAD /ops/pause',
    'POST /ops/handled',
    'PUT /ops/pause',
  ],
});
