import fc from 'fast-check';
import { anyJson, nastyString, nearly, type ValueSchema, valueOf } from './fuzz-values.js';

/** A route as it is fuzzed. */
export interface FuzzedRoute {
  readonly method: string;
  /** With parameters in braces, as OpenAPI writes them: `/orders/{id}`. */
  readonly path: string;
  /** Of the query, by name. */
  readonly query?: Readonly<Record<string, ValueSchema>>;
  readonly body?: ValueSchema;
}

/** A request on its way: bytes, and what must be known to judge the answer. */
export interface FuzzedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
  readonly body: Uint8Array | undefined;
}

const methods = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND');
const token = fc.stringMatching(/^[A-Za-z0-9._:-]{1,100}$/);
/** As it stands in a target: no white space, which would end it. */
const rawSegment = fc.oneof(
  { weight: 4, arbitrary: token },
  { weight: 3, arbitrary: nastyString.map(encoded) },
  fc.stringMatching(/^[!-"$->@-~]{1,30}$/),
  fc.constantFrom('%00', '%', '%zz', '%c0%af', '%ed%a0%80', '%ff', '..', '.', '%2f', '%2e%2e', ';a=b', '\u00ff'),
  fc.integer({ min: 90, max: 9_000 }).map((length) => 'x'.repeat(length)),
);
const header = fc.oneof(
  fc.constantFrom(
    'content-type: application/json; charset=utf-16',
    'content-type: text/plain',
    'content-type: multipart/form-data',
    'content-type: ;;;',
    'content-encoding: gzip',
    'accept: text/html',
    'expect: 100-continue',
    'expect: nothing',
    'idempotency-key: "a"',
    'idempotency-key: ',
    `idempotency-key: ${'k'.repeat(300)}`,
    'x-client-id: \u00e9',
    'traceparent: 00-0-0-00',
    'upgrade: websocket',
    'transfer-encoding: gzip',
    'range: bytes=0-',
    'if-match: *',
    'cookie: a=\u00ff',
  ),
  fc.stringMatching(/^[ -~]{0,200}$/).map((value) => `x-fuzz: ${value}`),
);

/** Requests to one route: as they should be, nearly so, and anything but. */
export function requestsTo(route: FuzzedRoute): fc.Arbitrary<FuzzedRequest> {
  return fc.record({
    method: fc.oneof({ weight: 9, arbitrary: fc.constant(route.method) }, methods),
    target: targetOf(route),
    headers: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(header, { maxLength: 3 })),
    body: bodyOf(route),
  });
}

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function targetOf({ path, query = {} }: FuzzedRoute): fc.Arbitrary<string> {
  const segments = path.split('/').map((part) => (/^[{:]/.test(part) ? rawSegment : fc.constant(part)));
  const known = Object.entries(query).map(([name, schema]) =>
    fc
      .oneof(
        valueOf(schema).map((value) => encoded(String(value))),
        rawSegment,
      )
      .map((value) => `${name}=${value}`),
  );
  const strange = fc.tuple(rawSegment, rawSegment).map(([name, value]) => `${name}=${value}`);
  const pairs = fc.array(known.length > 0 ? fc.oneof({ weight: 6, arbitrary: fc.oneof(...known) }, strange) : strange, {
    maxLength: 3,
  });
  return fc
    .tuple(fc.tuple(...segments), pairs)
    .map(([parts, asked]) => `${parts.join('/')}${asked.length > 0 ? `?${asked.join('&')}` : ''}`);
}

function bodyOf({ body }: FuzzedRoute): fc.Arbitrary<Uint8Array | undefined> {
  const text = fc.oneof(
    anyJson,
    nastyString.map((value) => JSON.stringify(value)),
  );
  const others = fc.oneof(
    text.map((json) => Buffer.from(json)),
    fc.uint8Array({ maxLength: 200 }),
    fc.integer({ min: 100_000, max: 1_200_000 }).map((size) => Buffer.alloc(size, '"')),
  );
  if (!body) return fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, others);
  const json = (value: fc.Arbitrary<unknown>) => value.map((shape) => Buffer.from(JSON.stringify(shape) ?? ''));
  const broken = fc.tuple(json(valueOf(body)), fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
    if (bytes.length > 0) bytes[at % bytes.length] = byte;
    return bytes;
  });
  return fc.oneof(json(valueOf(body)), json(nearly(valueOf(body))), broken, others);
}

/** The bytes of a request that ends its connection. */
export function bytesOf({ method, target, headers, body }: FuzzedRequest): Uint8Array {
  const lines = [`${method} ${target} HTTP/1.1`, 'host: fuzz', 'connection: close', ...headers];
  if (body) {
    lines.push(`content-length: ${body.length}`);
    if (!headers.some((line) => line.startsWith('content-type'))) lines.push('content-type: application/json');
  }
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body ?? Buffer.alloc(0)]);
}

/** Bytes that are hardly a request, or none. */
export const malformedBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 100 }).map((bytes) => Buffer.concat([bytes, Buffer.from('\r\n\r\n')])),
  fc
    .tuple(methods, fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 40 }))
    .map(([method, target, line]) => Buffer.from(`${method} /${target} HTTP/1.1\r\nhost: fuzz\r\n${line}\r\n\r\n`)),
  fc
    .tuple(fc.constantFrom('0', '-1', '1, 2', 'zz', '1e3', '99999999999999999999'), fc.boolean())
    .map(([length, chunked]) =>
      Buffer.from(
        `POST / HTTP/1.1\r\nhost: fuzz\r\nconnection: close\r\ncontent-length: ${length}\r\n` +
          `${chunked ? 'transfer-encoding: chunked\r\n' : ''}\r\nxx\r\n\r\n`,
      ),
    ),
  fc.constantFrom(
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from('GET / HTTP/9.9\r\nhost: a\r\n\r\n'),
    Buffer.from('CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n'),
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    Buffer.from(`GET /${'a'.repeat(70_000)} HTTP/1.1\r\nhost: a\r\n\r\n`),
    Buffer.from(`GET / HTTP/1.1\r\nhost: a\r\nb: ${'c'.repeat(70_000)}\r\n\r\n`),
    Buffer.from('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'latin1'),
  ),
);
