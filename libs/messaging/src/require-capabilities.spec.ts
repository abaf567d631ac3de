import { expect, it } from '@jest/globals';
import { requireCapabilities } from './require-capabilities.js';
import { createMemoryTransport } from './transports/memory/index.js';

it('lets a service start on a broker that can do what is needed', () => {
  const transport = createMemoryTransport({ topology: { queues: ['books'] } });
  expect(() => requireCapabilities(transport, ['scheduling', 'duplicateDetection'])).not.toThrow();
});

it('asks for nothing where nothing is needed', () => {
  expect(() =>
    requireCapabilities({ capabilities: { scheduling: false, duplicateDetection: false, sessions: false } }, []),
  ).not.toThrow();
});

it('names everything that is missing', () => {
  const simple = { capabilities: { scheduling: false, duplicateDetection: false, sessions: false } };
  expect(() => requireCapabilities(simple, ['scheduling', 'duplicateDetection'])).toThrow(
    expect.objectContaining({
      code: 'InvalidOptions',
      retryable: false,
      message: expect.stringContaining('no scheduling and no duplicateDetection'),
    }),
  );
});
