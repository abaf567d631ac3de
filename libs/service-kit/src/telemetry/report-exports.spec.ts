import { expect, it } from '@jest/globals';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { reportExports } from './report-exports.js';

it('says that spans are lost at once, then once a minute with their number, and nothing while all is well', () => {
  const lines: unknown[] = [];
  let now = 0;
  const error = new Error('connect ECONNREFUSED');
  let fails = false;
  const exporter = reportExports(
    {
      export: (_spans, done) => done(fails ? { code: 1, error } : { code: 0 }),
      shutdown: async () => undefined,
    },
    { logger: { warn: (fields: unknown) => void lines.push(fields) }, now: () => now },
  );
  const results: number[] = [];
  const exportSpans = (count: number) =>
    exporter.export(new Array<ReadableSpan>(count), ({ code }) => results.push(code));

  exportSpans(5);
  expect(lines).toEqual([]);
  fails = true;
  exportSpans(2);
  exportSpans(3);
  now = 59_999;
  exportSpans(4);
  expect(lines).toEqual([{ err: error, spans: 2 }]);
  now = 60_000;
  exportSpans(1);
  expect(lines).toEqual([
    { err: error, spans: 2 },
    { err: error, spans: 8 },
  ]);
  expect(results).toEqual([0, 1, 1, 1, 1]);
});
