import { workerAccessSuite } from '@orderflow/service-kit/testing';
import { openOrderWorker } from '../test/open-order-worker.js';

workerAccessSuite({
  open: openOrderWorker,
  routes: ['DELETE /ops/pause', 'GET /ops/pause', 'HEAD /ops/pause', 'POST /ops/handled', 'PUT /ops/pause'],
});
