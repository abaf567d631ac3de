import { workerAccessSuite } from '@orderflow/service-kit/testing';
import { openOrderWorker } from '../test/open-order-worker.js';

workerAccessSuite({
  open: openOrderWorker,
  routes: [
    'DELETE /ops/pause',
    'GET /ops/outbox',
    'GET /ops/pause',
    'HEAD /ops/outbox',
    'HEAD /ops/pause',
    'POST /ops/handled',
    'POST /ops/outbox/drop',
    'POST /ops/outbox/resend',
    'PUT /ops/pause',
  ],
});
