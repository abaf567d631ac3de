import { amqpError, CONDITION, type ErrorDraft } from './errors.js';

/** What is said of violations, where Azure says it in its words. */

export const noHandleLeft = (max: number): ErrorDraft =>
  amqpError(
    CONDITION.resourceLimitExceeded,
    `Cannot allocate more handles to the current session or connection. The maximum number of handles allowed is ${max}. Please free up resources and try again.`,
  );

/** @param max bytes */
export const attachesTooLarge = (max: number): ErrorDraft =>
  amqpError(
    CONDITION.resourceLimitExceeded,
    `The attaches of the connection's links have more than ${max} bytes together.`,
  );

export const tooManyHeld: ErrorDraft = amqpError(
  CONDITION.resourceLimitExceeded,
  'Too many links of the connection wait to be attached.',
);

export const noCoordinator: ErrorDraft = amqpError(
  CONDITION.notImplemented,
  'This server has no transactions: it has no coordinator to attach to.',
);

export const handleInUse = (handle: number): ErrorDraft =>
  amqpError(CONDITION.handleInUse, `The handle '${handle}' is already in use on this session.`);

export const stolen = (name: string): ErrorDraft =>
  amqpError(CONDITION.stolen, `The link with identifier ${name} has been closed due to link stealing.`);

export const unattached = (handle: number, channel: number): ErrorDraft =>
  amqpError(CONDITION.unattachedHandle, `The link handle '${handle}' cannot be found in session '${channel}'.`);

/** @param allowed ms of silence */
export const silent = (allowed: number, containerId: string): ErrorDraft =>
  amqpError(
    CONDITION.forced,
    `The connection was inactive for more than the allowed ${allowed} milliseconds and is closed by container '${containerId}'.`,
  );
