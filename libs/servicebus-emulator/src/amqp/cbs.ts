import type { ConnectionAccess } from '../auth/connection-access.js';
import type { BrokerCore } from '../broker-core.js';
import { ValueReader } from '../codec/read-value.js';
import { parseAddress } from '../entities/entity-path.js';
import { BrokerError, entityNotFound } from '../entities/errors.js';
import { CBS_NAMES, type Request, writeReply } from './request.js';

/**
 * Answers a `put-token` request. An entity that does not exist is refused here already: every attach is preceded by a
 * token for its address, and clients report this refusal best.
 */
export function answerToken(core: BrokerCore, access: ConnectionAccess, request: Request): Buffer {
  const refusal = refusalOf(core, access, request);
  const head = refusal
    ? { status: refusal.status, description: `${refusal.message} ${trackingOf(core)}` }
    : { status: 202, description: 'Accepted' };
  return writeReply(request.id, head, CBS_NAMES, (writer) => writer.null());
}

/**
 * What Azure ends its texts with. uamqp reads the text in memory that it has given back: of a short one nothing is left
 * (its `cbs.pyx` keeps a pointer), one as long as Azure's reaches the user of azure-servicebus for Python.
 */
function trackingOf({ newId, clock }: BrokerCore): string {
  const at = new Date(clock.now()).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length);
  return `TrackingId:${newId()}, SystemTracker:NoSystemTracker, Timestamp:${at}`;
}

function refusalOf(core: BrokerCore, access: ConnectionAccess, { properties, body }: Request): BrokerError | undefined {
  const operation = properties.text('operation');
  if (operation !== 'put-token') {
    return new BrokerError('amqp:not-implemented', `$cbs knows put-token only, not '${operation ?? ''}'.`);
  }
  const token = body && new ValueReader(body).next();
  try {
    access.show(typeof token === 'string' ? token : '');
  } catch (error) {
    if (error instanceof BrokerError) return error;
    throw error;
  }
  const audience = properties.text('name') ?? '';
  const { entity } = parseAddress(audience);
  return entity === '' || core.namespace.registry.find(entity) ? undefined : entityNotFound(audience);
}
