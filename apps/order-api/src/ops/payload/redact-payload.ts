import type { Contract } from '@orderflow/contracts';
import type { Envelope } from '@orderflow/messaging';

/** A body as people may see it. */
export interface ShownBody {
  readonly body: unknown;
  /** Whether anything of it was left out. */
  readonly redacted: boolean;
}

/** Shows bodies without what their contracts call sensitive. */
export type RedactBody = (envelope: Pick<Envelope, 'type' | 'version' | 'body'>) => ShownBody;

const hidden = '[redacted]';

/**
 * By the contract of a body: its sensitive fields are hidden. A body without a contract, or one that is no JSON, may
 * hold anything anywhere: of it only the shape is shown.
 */
export function createRedaction(contracts: readonly Contract<unknown>[]): RedactBody {
  const sensitive = new Map(contracts.map((it) => [`${it.type} ${it.version}`, it.sensitive ?? []]));
  return ({ type, version, body }) => {
    const payload = parsed(body);
    if (payload === undefined) return { body: `[${body.byteLength} bytes that are not JSON]`, redacted: true };
    const paths = sensitive.get(`${type} ${version}`);
    if (!paths) return { body: shapeOf(payload), redacted: true };
    let redacted = false;
    for (const path of paths) redacted = hide(payload, path.split('.')) || redacted;
    return { body: payload, redacted };
  };
}

/** The whole body, for those who may see it. */
export function wholeBody({ body }: Pick<Envelope, 'body'>): ShownBody {
  return { body: parsed(body) ?? Buffer.from(body).toString('utf8'), redacted: false };
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined; // the caller says that it is no JSON
  }
}

/** Whether there was something to hide. `*` in a path stands for every entry of a list. */
function hide(value: unknown, [key = '', ...rest]: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const keys = key === '*' ? Object.keys(value) : Object.hasOwn(value, key) ? [key] : [];
  const fields = value as Record<string, unknown>;
  return keys.reduce((found, name) => {
    if (rest.length > 0) return hide(fields[name], rest) || found;
    fields[name] = hidden;
    return true;
  }, false);
}

/** Keys, and of each value its kind and size. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value
      .slice(0, 3)
      .map(shapeOf)
      .concat(value.length > 3 ? [`… ${value.length}`] : []);
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, shapeOf(field)]));
  }
  return typeof value === 'string' ? `[${value.length} characters]` : `[${value === null ? 'null' : typeof value}]`;
}
