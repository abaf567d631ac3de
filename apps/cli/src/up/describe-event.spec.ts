import { expect, it } from '@jest/globals';
import type { ProcessEvent } from '../supervisor/process-spec.js';
import { describeEvent } from './describe-event.js';

const ended = {
  kind: 'ended',
  name: 'order-api',
  how: 'signal SIGKILL',
  failures: 1,
  logFile: 'order-api.log',
} as const;

it.each<[ProcessEvent, string]>([
  [{ kind: 'ready', name: 'broker', tookMs: 340, restarts: 0 }, 'broker is ready (0.3 s)'],
  [{ kind: 'ready', name: 'broker', tookMs: 1_250, restarts: 2 }, 'broker is ready again (1.3 s)'],
  [{ kind: 'stopped', name: 'broker', tookMs: 40 }, 'broker stopped (0.0 s)'],
  [{ kind: 'killed', name: 'broker', afterMs: 15_000 }, 'broker did not stop within 15.0 s and was killed'],
  [{ ...ended, restartInMs: 250 }, 'order-api ended (signal SIGKILL): starting it again in 0.3 s'],
  [
    { ...ended, failures: 3, lastLines: [] },
    'order-api ended (signal SIGKILL, 3 times in a row): given up; its log order-api.log is empty',
  ],
  [
    {
      ...ended,
      failures: 3,
      restartInMs: 1_000,
      lastLines: ['{"level":"fatal","msg":"PORT is wrong:\\n  it is x"}', 'bye'],
    },
    [
      'order-api ended (signal SIGKILL, 3 times in a row): starting it again in 1.0 s. The end of order-api.log:',
      '    fatal PORT is wrong:',
      '      it is x',
      '    bye',
    ].join('\n'),
  ],
])('describes %j', (event, line) => {
  expect(describeEvent(event)).toBe(line);
});
