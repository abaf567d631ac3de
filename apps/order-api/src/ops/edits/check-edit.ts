import { type Contract, ContractViolation } from '@orderflow/contracts';
import { createMessageReader, type Envelope } from '@orderflow/messaging';
import { Problem } from '@orderflow/service-kit';
import { type EditRequest, partsOf } from './edit-request.js';

/** The property of a message that was sent in place of another one: that one's id. */
export const editedFrom = 'edited-from';

/** A message as an edit makes it: of the original what the edit does not name. */
export function editedEnvelope(
  original: Envelope,
  { body, properties }: Pick<EditRequest, 'body' | 'properties'>,
  id: string,
): Envelope {
  const entries = Object.entries({ ...original.headers, ...properties, [editedFrom]: original.id });
  const headers = Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null));
  return { ...original, id, headers, body: Buffer.from(JSON.stringify(body)) };
}

/** The properties that differ between two messages: as they are to be, or undefined where they are left out. */
export function changedProperties(original: Envelope, edited: Envelope): Readonly<Record<string, string | undefined>> {
  const names = new Set([...Object.keys(original.headers), ...Object.keys(edited.headers)]);
  const changed = [...names].filter((name) => original.headers[name] !== edited.headers[name]);
  return Object.fromEntries(changed.map((name) => [name, edited.headers[name]]));
}

/** Refuses messages that their consumer could not read. */
export type CheckEdit = (edited: Envelope, body: unknown) => void;

/**
 * By the contract of a message's type and version, then as its consumer reads it: brought to the latest version, with its
 * attributes. The check throws a Problem 422 with everything that is wrong with the body.
 */
export function createEditCheck(contracts: readonly Contract<unknown>[]): CheckEdit {
  const read = createMessageReader(contracts);
  const byName = new Map(contracts.map((contract) => [nameOf(contract), contract]));
  return (edited, body) => {
    const contract = byName.get(nameOf(edited));
    if (!contract) {
      const detail = `Nobody here knows ${nameOf(edited)}, so that nothing says what it must be like. Deploy who knows it, then replay.`;
      throw new Problem(422, 'edit-without-contract', detail);
    }
    checkBody(contract, body);
    try {
      read(edited);
    } catch (cause) {
      throw new Problem(422, 'edit-invalid', (cause as Error).message, { cause });
    }
  };
}

function checkBody(contract: Contract<unknown>, body: unknown): void {
  try {
    contract.parse(body);
  } catch (cause) {
    if (!(cause instanceof ContractViolation)) throw cause;
    const errors = partsOf(cause.problems);
    const [first] = errors;
    const what =
      errors.length === 1 && first
        ? `${first.pointer} ${first.detail}`
        : `${errors.length} things are wrong: see errors`;
    throw new Problem(422, 'edit-invalid', `The body is no ${nameOf(contract)}: ${what}.`, { errors, cause });
  }
}

function nameOf({ type, version }: { readonly type: string; readonly version: number }): string {
  return `${type} version ${version}`;
}
