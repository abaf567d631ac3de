import type { ConnectionAccess } from '../../auth/connection-access.js';
import type { BrokerCore } from '../../broker-core.js';
import type { Entity } from '../../entities/entity.js';
import type { SubQueue } from '../../entities/entity-path.js';
import { BrokerError } from '../../entities/errors.js';
import { Alarm } from '../alarm.js';
import { toBrokerError } from '../amqp-error.js';
import { FieldMap, MANAGEMENT_NAMES, type Request, writeReply } from '../request.js';
import { batchDelete, peek } from './browse.js';
import { receiveBySequenceNumber, renewLock, updateDisposition } from './locks.js';
import type { Operation, OperationResult } from './operation.js';
import { addRule, enumerateRules, removeRule } from './rules.js';
import { cancelScheduledMessage, scheduleMessage } from './schedule.js';
import { getMessageSessions, getSessionState, renewSessionLock, setSessionState } from './sessions.js';

const SETTLING = 'com.microsoft:update-disposition';

const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['com.microsoft:add-rule', addRule],
  ['com.microsoft:batch-delete-messages', batchDelete],
  ['com.microsoft:cancel-scheduled-message', cancelScheduledMessage],
  ['com.microsoft:enumerate-rules', enumerateRules],
  ['com.microsoft:get-message-sessions', getMessageSessions],
  ['com.microsoft:get-session-state', getSessionState],
  ['com.microsoft:peek-message', peek],
  ['com.microsoft:receive-by-sequence-number', receiveBySequenceNumber],
  ['com.microsoft:remove-rule', removeRule],
  ['com.microsoft:renew-lock', renewLock],
  ['com.microsoft:renew-session-lock', renewSessionLock],
  ['com.microsoft:schedule-message', scheduleMessage],
  ['com.microsoft:set-session-state', setSessionState],
  [SETTLING, updateDisposition],
]);

/** What a sender does; all else is a receiver's. */
const SENDING: ReadonlySet<string> = new Set([
  'com.microsoft:cancel-scheduled-message',
  'com.microsoft:schedule-message',
]);

export interface ManagementNode {
  readonly core: BrokerCore;
  readonly entity: Entity;
  readonly subQueue: SubQueue;
  readonly access: ConnectionAccess;
  /** Whose request it is. */
  readonly client: object;
}

/** Answers a request to an entity's `$management` node, once what it did is safe. */
export function answerManagement(node: ManagementNode, request: Request, send: (reply: Buffer) => void): void {
  const { faults, clock } = node.core;
  const fault = operationOf(request) === SETTLING ? faults.settlement(node.entity.path) : 0;
  if (fault === 'lost') return;
  if (fault === 0) answer(node, request, send);
  else clock.timers.schedule(new Alarm(() => answer(node, request, send)), clock.now() + fault);
}

function answer(node: ManagementNode, request: Request, send: (reply: Buffer) => void): void {
  const { core, entity } = node;
  const fail = (error: unknown) => {
    const { status, message, condition } = toBrokerError(error, (unexpected) =>
      core.log('error', 'A management operation failed.', { entity: entity.path, error: unexpected }),
    );
    send(writeReply(request.id, { status, description: message, errorCondition: condition }, MANAGEMENT_NAMES));
  };
  try {
    const result = perform(node, request);
    core.whenDurable((error) => {
      const { unit } = result;
      if (error === undefined) {
        if (unit) core.namespace.commit(unit, core.clock.now());
        send(replyOf(request, result));
      } else {
        if (unit) core.namespace.rollBack(unit);
        fail(error);
      }
    });
  } catch (error) {
    fail(error);
  }
}

function operationOf({ properties }: Request): string {
  return properties.text('operation') ?? '';
}

function perform({ core, entity, subQueue, access, client }: ManagementNode, request: Request): OperationResult {
  const name = operationOf(request);
  const operation = OPERATIONS.get(name);
  core.faults.checkBusy(entity.path);
  if (!operation) throw new BrokerError('amqp:not-implemented', `The operation '${name}' is not supported.`);
  access.check(entity.path, SENDING.has(name) ? 'Send' : 'Listen');
  return operation({ core, entity, subQueue, client, now: core.clock.now() }, new FieldMap(request.body));
}

function replyOf(request: Request, { status, body }: OperationResult): Buffer {
  const description = status === 200 ? 'OK' : 'No Content';
  return writeReply(request.id, { status, description }, MANAGEMENT_NAMES, body);
}
