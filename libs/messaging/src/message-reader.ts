import type { Contract } from './contract.js';
import type { Envelope } from './envelope.js';
import { PermanentError } from './errors.js';
import type { Message } from './message.js';

/** Why an envelope could not be read; the reason of its dead letter. */
export type UnreadableCode = 'UnknownType' | 'UnknownVersion' | 'UnreadableBody' | 'InvalidPayload';

/** Turns envelopes into messages. Throws a {@link PermanentError} with an {@link UnreadableCode}. */
export type MessageReader = (envelope: Envelope) => Message;

const MAX_DETAIL = 2_000;

/**
 * A reader of the given contracts: finds type and version, parses the JSON body, checks it, and brings it up to the
 * latest version.
 * @throws Error when two contracts have the same type and version
 */
export function createMessageReader(contracts: readonly Contract[]): MessageReader {
  const versionsByType = groupByType(contracts);
  return (envelope) => {
    const contract = find(versionsByType, envelope);
    const payload = check(contract, parseJson(envelope), envelope);
    const id = contract.messageId?.(payload) ?? envelope.id;
    const orderingKey = envelope.orderingKey ?? contract.orderingKey?.(payload);
    return { id, ...(orderingKey !== undefined && { orderingKey }), ...latest(contract, payload), envelope };
  };
}

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
    const named = type === '' ? 'The message names no type' : `No contract is called "${type}"`;
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
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new PermanentError('UnreadableBody', 'The body is not JSON in UTF-8', { cause: error });
  }
}

function check(contract: Contract, value: unknown, { type, version }: Envelope): unknown {
  try {
    return contract.parse(value);
  } catch (error) {
    throw new PermanentError('InvalidPayload', `Not a valid ${type} version ${version}: ${listProblems(error)}`);
  }
}

/** Every problem an invalid payload has, as far as they fit into a dead letter's description. */
function listProblems(error: unknown): string {
  const problems = (error as { problems?: readonly { path: string; message: string }[] }).problems;
  const text = problems
    ? problems.map(({ path, message }) => `${path || 'the body'}: ${message}`).join('; ')
    : String(error instanceof Error ? error.message : error);
  return text.length > MAX_DETAIL ? `${text.slice(0, MAX_DETAIL)}…` : text;
}

function latest(contract: Contract, payload: unknown): Pick<Message, 'type' | 'version' | 'payload'> {
  if (!contract.upcast) return { type: contract.type, version: contract.version, payload };
  return latest(contract.upcast.to, contract.upcast.convert(payload));
}
