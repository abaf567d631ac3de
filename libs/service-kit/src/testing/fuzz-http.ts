import fc from 'fast-check';
import { bytesOf, type FuzzedRequest, type FuzzedRoute, malformedBytes, requestsTo } from './fuzz-requests.js';
import { exchangeBytes, type RawAnswer } from './raw-http.js';

export interface FuzzOptions {
  /** Of the service. */
  readonly url: string;
  readonly routes: readonly FuzzedRoute[];
  /** Requests to each route; `FUZZ_RUNS`, else 40. */
  readonly runs?: number;
  /** Changes a target, for example one that would be answered after minutes only. */
  readonly adapt?: (target: string) => string;
  /** Whether an error answer of this status may be something else than a problem document. */
  readonly isOwnAnswer?: (status: number) => boolean;
}

/** The same requests in each run; `FUZZ_SEED` makes others, and repeats those that a failure names. */
export const fuzzSeed = Number(process.env['FUZZ_SEED'] ?? 9_110);

/**
 * Asks every route what was meant, what was nearly meant and what nobody meant, and sends what is no request at all.
 * Rejects, with the seed and the smallest request it found, for an answer that is a fault of ours, that is an error and
 * no problem document, or that does not come.
 */
export async function fuzzHttp(options: FuzzOptions): Promise<void> {
  const { url, routes, runs = Number(process.env['FUZZ_RUNS'] ?? 40), adapt = (target) => target } = options;
  const parameters = { seed: fuzzSeed, numRuns: runs, interruptAfterTimeLimit: 40_000, markInterruptAsFailure: true };
  for (const route of routes) {
    await fc.assert(
      fc.asyncProperty(requestsTo(route), async (request) => {
        const asked = { ...request, target: adapt(request.target) };
        judge(await exchangeBytes(url, bytesOf(asked)), asked, options);
      }),
      parameters,
    );
  }
  await fc.assert(
    fc.asyncProperty(malformedBytes, async (bytes) => {
      judge(await exchangeBytes(url, withEnd(bytes)), undefined, options);
    }),
    parameters,
  );
}

/** A second, well-formed request behind it has the connection end, whatever became of the first. */
function withEnd(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes, Buffer.from('GET /nowhere HTTP/1.1\r\nhost: fuzz\r\nconnection: close\r\n\r\n')]);
}

function judge(answer: RawAnswer | undefined, request: FuzzedRequest | undefined, options: FuzzOptions): void {
  if (!answer) throw new Error('The service hung up, or did not answer in time.');
  const { status, headers, body } = answer;
  if (status >= 500) throw new Error(`A fault of ours: ${status} ${body.slice(0, 500)}`);
  if (status < 400 || options.isOwnAnswer?.(status)) return;
  const type = headers.get('content-type');
  if (type !== 'application/problem+json; charset=utf-8') {
    throw new Error(`${status} as ${type}: ${body.slice(0, 500)}`);
  }
  if (request?.method === 'HEAD') return;
  const problem: unknown = JSON.parse(body.slice(0, Number(headers.get('content-length') ?? body.length)));
  const { status: written, type: code, detail } = problem as Readonly<Record<string, unknown>>;
  const complete =
    written === status && String(code).startsWith('urn:orderflow:problem:') && typeof detail === 'string';
  if (!complete || /\n\s+at /.test(body)) {
    throw new Error(`No problem document of status ${status}: ${body.slice(0, 500)}`);
  }
}
