import { jest } from '@jest/globals';
import { run } from '../src/run.js';

/** What a command wrote, and how it ended. */
export interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs a command line in a checkout at `root` with some environment variables added, as a shell would. */
export async function orderflow(
  root: string,
  environment: Record<string, string>,
  ...args: string[]
): Promise<Outcome> {
  const before = { ...process.env };
  const written = { output: '', errors: '' };
  const collect = (stream: NodeJS.WriteStream, field: keyof typeof written) =>
    jest.spyOn(stream, 'write').mockImplementation((text) => {
      written[field] += typeof text === 'string' ? text : Buffer.from(text).toString();
      return true;
    });
  // `console` of a test does not write to the process's own output.
  const log = jest.spyOn(console, 'log').mockImplementation((text) => {
    written.output += `${String(text)}\n`;
  });
  const spies = [collect(process.stdout, 'output'), collect(process.stderr, 'errors'), log];
  Object.assign(process.env, environment, { ORDERFLOW_ROOT: root });
  try {
    return { code: await run(args, root), ...written };
  } finally {
    process.env = before;
    for (const spy of spies) spy.mockRestore();
  }
}
