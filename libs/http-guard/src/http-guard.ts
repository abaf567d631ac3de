import type { IncomingMessage } from 'node:http';
import type { AllowList } from './allow-list.js';
import { checkRequest, type Refusal, type RequestSource, type SettingNames } from './check-request.js';
import { printable } from './printable.js';

/** What a refused request is answered with. */
export interface RefusalAnswer {
  readonly status: number;
  /** Stable, for a count. */
  readonly code: Refusal['code'];
  readonly headers: Readonly<Record<string, string>>;
  /** A problem document (RFC 9457). */
  readonly body: string;
  /** For a log: what was refused and what to change. */
  readonly detail: string;
}

export interface HttpGuardOptions {
  readonly allowed: AllowList;
  /** The settings that a refusal asks to change. */
  readonly settings: SettingNames;
}

/** Holds every request of a server against its allow-list. */
export class HttpGuard {
  readonly #options: HttpGuardOptions;

  constructor(options: HttpGuardOptions) {
    this.#options = options;
  }

  /** The answer for a request that is not allowed; undefined for one that is. */
  check(request: IncomingMessage): RefusalAnswer | undefined {
    const { allowed, settings } = this.#options;
    const refusal = checkRequest(sourceOf(request), allowed, settings);
    return refusal && answerOf(refusal, request.url ?? '/');
  }
}

function sourceOf({ headersDistinct, httpVersion, url, socket }: IncomingMessage): RequestSource {
  return {
    // Node keeps the first of several in `headers`, and a server that gets two must not choose.
    hosts: headersDistinct['host'] ?? [],
    httpVersion,
    target: url ?? '/',
    origins: headersDistinct['origin'] ?? [],
    fetchSites: headersDistinct['sec-fetch-site'] ?? [],
    localAddress: socket.localAddress,
  };
}

function answerOf({ status, code, detail }: Refusal, target: string): RefusalAnswer {
  const document = {
    type: `urn:orderflow:problem:${code}`,
    title: `${code.charAt(0).toUpperCase()}${code.slice(1).replaceAll('-', ' ')}`,
    status,
    detail,
    instance: printable(target.split('?', 1)[0] ?? '/'),
  };
  const headers = {
    'content-type': 'application/problem+json; charset=utf-8',
    'x-content-type-options': 'nosniff',
    // What one name is refused, another may have: no cache may mix them up.
    'cache-control': 'no-store',
  };
  return { status, code, headers, body: `${JSON.stringify(document)}\n`, detail };
}
