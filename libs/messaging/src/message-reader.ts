import { attributeProblems } from './check-attributes.js';
import type { Contract } from './contract.js';
import type { Envelope } from './envelope.js';
import { PermanentError } from './errors.js';
import type { Message } from './message.js';

/**
 * Turns envelopes into messages.
 * @throws PermanentError `UnknownType`, `UnknownVersion`, `UnreadableBody` or `InvalidPayload`: the reason of its dead
 *   letter
 */
export type MessageReader = (envelope: Envelope) => Message;

/** The longest description of a problem, in UTF-16 code units. */
const MAX_DETAIL = 2_000;
/** How much of a text that somebody else wrote a description quotes. */
const MAX_QUOTE = 100;

/**
 * A reader of the given contracts: finds type and version, parses the JSON body, checks it, and brings it up to the
 * latest version, which is checked like a body. Whatever goes wrong is the message's own doing and stays wrong, so
 * that the reader throws nothing but a {@link PermanentError}.
 * @throws Error when two contracts have the same type and version
 */
export function createMessageReader(contracts: readonly Contract[]): MessageReader {
  const versionsByType = groupByType(contracts);
  return (envelope) => {
    const contract = find(versionsByType, envelope);
    const payload = check(contract, parseJson(envelope), envelope);
    const { type, version, payload: latest } = upcast(contract, payload, envelope);
    const id = idOf(contract, payload, envelope);
    const orderingKey = orderingKeyOf(contract, payload, envelope);
    checkAttributes(id, orderingKey, envelope);
    const message = { id, type, version, payload: latest, envelope };
    return orderingKey === undefined ? message : { ...message, orderingKey };
  };
}

/** Throws for bytes that are none. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

function groupByType(contracts: readonly Contract[]): Map<string, Map<number, Contract>> {
  const types = new Map<string, Map<number, Contract>>();
  for (const contract of contracts) {
    const versions = types.get(contract.type) ?? new Map<number, Contract>();
    if (versions.has(contract.version)) {
      throw new Error(`Two contracts are called ${contract.type} version ${contract.version}.`);
    }
    types.set(contract.type, versions.set(contract.version, contract));
  }
  return types;
}

function find(types: Map<string, Map<number, Contract>>, { type, version }: Envelope): Contract {
  const versions = types.get(type);
  if (!versions) {
    const named = type === '' ? 'The message names no type' : `No contract is called "${shortened(type, MAX_QUOTE)}"`;
    throw new PermanentError('UnknownType', `${named}; known are ${[...types.keys()].sort().join(', ')}.`);
  }
  const contract = versions.get(version);
  if (!contract) {
    const known = [...versions.keys()].sort((a, b) => a - b).join(', ');
    throw new PermanentError('UnknownVersion', `"${type}" has no version ${version}; known are ${known}.`);
  }
  return contract;
}

function parseJson({ body }: Envelope): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch (error) {
    throw new PermanentError('UnreadableBody', 'The body is not JSON in UTF-8', {
      cause: error,
    });
  }
}

function check(contract: Contract, value: unknown, envelope: Envelope): unknown {
  return orInvalid(envelope, contract, () => contract.parse(value));
}

/** The payload as the latest version has it. */
function upcast(
  contract: Contract,
  payload: unknown,
  envelope: Envelope,
): Pick<Message, 'type' | 'version' | 'payload'> {
  const step = contract.upcast;
  if (!step) return { type: contract.type, version: contract.version, payload };
  const converted = orInvalid(envelope, step.to, () => step.to.parse(step.convert(payload)));
  return upcast(step.to, converted, envelope);
}

/** What identifies the message; in old versions the body may carry it. */
function idOf(contract: Contract, payload: unknown, envelope: Envelope): string {
  if (contract.messageId === undefined) return envelope.id;
  return orInvalid(envelope, contract, () => contract.messageId?.(payload) ?? envelope.id);
}

/** What orders the message; in old versions the body may carry it. */
function orderingKeyOf(contract: Contract, payload: unknown, envelope: Envelope): string | undefined {
  if (envelope.orderingKey !== undefined || contract.orderingKey === undefined) return envelope.orderingKey;
  return orInvalid(envelope, contract, () => contract.orderingKey?.(payload));
}

/** Inbox, outbox and events carry them on. */
function checkAttributes(id: string, orderingKey: string | undefined, envelope: Envelope): void {
  const { type, version, source, time, correlationId, contentType, headers } = envelope;
  const problems = attributeProblems({ id, type, source, time, orderingKey, correlationId, contentType, headers });
  if (problems.length === 0) return;
  throw invalid(`The attributes of this ${type} version ${version} are not valid: ${problems.join('; ')}`);
}

/** The content of a message cannot fail otherwise at the next try: whatever reading it throws is permanent. */
function orInvalid<T>({ type, version }: Envelope, as: Contract, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const isAsSent = as.type === type && as.version === version;
    const target = isAsSent ? '' : ` when read as ${as.type} version ${as.version}`;
    throw invalid(`Not a valid ${type} version ${version}${target}: ${listProblems(error)}`);
  }
}

function invalid(description: string): PermanentError {
  return new PermanentError('InvalidPayload', shortened(description, MAX_DETAIL));
}

/** Every problem an invalid payload has. */
function listProblems(error: unknown): string {
  const problems = (error as { problems?: readonly { path: string; message: string }[] } | null)?.problems;
  return problems
    ? problems.map(({ path, message }) => `${path || 'the body'}: ${message}`).join('; ')
    : String(error instanceof Error ? error.message : error);
}

function shortened(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}
