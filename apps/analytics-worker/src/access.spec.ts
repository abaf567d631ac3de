import { workerAccessSuite } from '@orderflow/service-kit/testing';
import { openAnalyticsWorker } from '../test/open-analytics-worker.js';

workerAccessSuite({
  open: openAnalyticsWorker,
  routes: [
    'DELETE /ops/pause',
    'GET /analytics/summary',
    'GET /ops/outbox',
    'GET /ops/pause',
    'HEAD /analytics/summary',
    'HEAD /ops/outbox',
    'HEAD /ops/pause',
    'POST /ops/handled',
    'POST /ops/outbox/drop',
    'POST /ops/outbox/resend',
    'PUT /ops/pause',
  ],
});
