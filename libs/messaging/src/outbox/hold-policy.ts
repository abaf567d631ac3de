import { type RetryPolicy, retryPolicy } from '../retry/retry-policy.js';

/** How long a failed ordering key waits before it is tried again; there is no last attempt. */
export const holdPolicy: RetryPolicy = retryPolicy({ delayed: { baseMs: 500, factor: 2, capMs: 60_000, retries: 99 } });
