import { workerAccessSuite } from '@orderflow/service-kit/testing';
import { openAnalyticsWorker } from '../test/open-analytics-worker.js';

workerAccessSuite({
  open: openAnalyticsWorker,
  routes: [
    'DELETE /ops/pause',
    'GET /analytics/summary',
    'GET /ops/pause',
    'HEAD /analytics/summary',
    'HEAD /ops/pause',
    'POST /ops/handled',
    'PUT /ops/pause',
  ],
});
