// A supervisor of two small programs, as a process of its own that a test can kill. Prints their process ids.
import { join } from 'node:path';
import { ManagedProcess } from '../src/supervisor/managed-process.js';
import { readyWhenReported } from '../src/supervisor/readiness.js';
import { defaultRestartPolicy } from '../src/supervisor/restart-policy.js';

const directory = process.argv[2] ?? '.';
const children = ['first', 'second'].map(
  (name) =>
    new ManagedProcess(
      {
        name,
        script: join(directory, 'child.mjs'),
        environment: () => process.env,
        logFile: join(directory, `${name}.log`),
        ready: readyWhenReported(() => undefined),
        readyTimeoutMs: 20_000,
        stopTimeoutMs: 20_000,
      },
      defaultRestartPolicy,
      () => undefined,
    ),
);
await Promise.all(children.map((child) => child.start()));
console.log(JSON.stringify(children.map(({ pid }) => pid)));
