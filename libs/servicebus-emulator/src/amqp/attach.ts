import type { ConnectionAccess } from '../auth/connection-access.js';
import type { BrokerCore } from '../broker-core.js';
import { checkReceives } from '../entities/admission.js';
import type { Entity, QueueEntity, SubscriptionEntity } from '../entities/entity.js';
import { type EntityAddress, parseAddress } from '../entities/entity-path.js';
import { BrokerError, entityDisabled } from '../entities/errors.js';
import type { Session, SessionHolder } from '../entities/session.js';
import { answerToken } from './cbs.js';
import { detach } from './detach.js';
import { IncomingLink } from './incoming-link.js';
import { answerManagement } from './management/answer.js';
import { OutgoingLink } from './outgoing-link.js';
import type { ReceiverInternals, SenderInternals } from './rhea-internals.js';
import { ServiceNode } from './service-node.js';
import { grantSession, sessionNotPossible, sessionRequired, SessionWait, wantedSession } from './session-attach.js';

/** What is behind a link. */
export type AttachedReceiver = OutgoingLink | ReplyLink | SessionWaiting;
export type Attached = IncomingLink | ServiceNode | AttachedReceiver;

/** Replies leave through it; there is nothing to do for it. */
class ReplyLink {
  readonly entity = undefined;

  closed(): void {
    // Requests of its client find no link to answer by.
  }
}

/** A receiver that waits for any session. */
class SessionWaiting {
  readonly entity: Entity;
  readonly #sender: SenderInternals;
  readonly #wait: SessionWait;

  constructor(entity: Entity, sender: SenderInternals, wait: SessionWait) {
    this.entity = entity;
    this.#sender = sender;
    this.#wait = wait;
  }

  detach(error: BrokerError): void {
    this.closed();
    detach(this.#sender, error);
  }

  closed(): void {
    this.#wait.closed();
  }
}

/** A link on which the client sends. @throws BrokerError when it is refused */
export function attachSender(
  core: BrokerCore,
  receiver: ReceiverInternals,
  access: ConnectionAccess,
): IncomingLink | ServiceNode {
  const { source, target, snd_settle_mode, rcv_settle_mode } = receiver.remote.attach ?? {};
  const address = target?.address ?? '';
  // The coordinator of transactions is read as no target.
  if (!target || !('address' in target)) {
    throw new BrokerError('amqp:not-implemented', 'The target has no address. Transactions are not supported.');
  }
  receiver.set_source({ address: source?.address });
  receiver.set_target({ address });
  receiver.local.attach.snd_settle_mode = snd_settle_mode ?? 2;
  receiver.local.attach.rcv_settle_mode = rcv_settle_mode ?? 0;
  if (address === '$cbs') {
    return new ServiceNode(core, receiver, undefined, (request, send) => send(answerToken(core, access, request)));
  }
  const { entity, subQueue, management } = resolve(core, address);
  if (management) {
    access.watch(receiver, entity.path, undefined);
    return new ServiceNode(core, receiver, entity, (request, send) =>
      answerManagement({ core, entity, subQueue, access, client: receiver.connection }, request, send),
    );
  }
  access.watch(receiver, entity.path, 'Send');
  if (entity.kind === 'subscription' || subQueue !== 'main') {
    throw new BrokerError('amqp:not-allowed', `Messages cannot be sent to '${address}', only to queues and topics.`);
  }
  if (entity.options.status === 'Disabled' || entity.options.status === 'SendDisabled') throw entityDisabled(address);
  const link = new IncomingLink(core, receiver, entity);
  receiver.local.attach.max_message_size = link.maxMessageSize;
  return link;
}

export interface AttachReceiverPorts {
  readonly access: ConnectionAccess;
  readonly unreadBytes: () => number;
  /** Told of the link when it was made later: a session was waited for. */
  readonly attached: (link: OutgoingLink) => void;
}

/** A link on which the client receives. @throws BrokerError when it is refused */
export function attachReceiver(
  core: BrokerCore,
  sender: SenderInternals,
  ports: AttachReceiverPorts,
): AttachedReceiver {
  const { source, target, snd_settle_mode, rcv_settle_mode } = sender.remote.attach ?? {};
  const address = source?.address ?? '';
  sender.set_source({ address });
  sender.set_target({ address: target?.address });
  if (address === '$cbs') return new ReplyLink();
  const { entity, subQueue, management } = resolve(core, address);
  ports.access.watch(sender, entity.path, management ? undefined : 'Listen');
  if (management) return new ReplyLink();
  const family = checkReceive(entity, address);
  sender.local.attach.snd_settle_mode = snd_settle_mode ?? 2;
  sender.local.attach.rcv_settle_mode = rcv_settle_mode ?? 0;
  core.receivers.check(entity);
  const queue = family[subQueue];
  const receiveAndDelete = snd_settle_mode === 1;
  entity.lifecycle.touch(core.clock.now());
  const { unreadBytes } = ports;
  const link = (session?: Session, holder?: SessionHolder) =>
    new OutgoingLink(core, sender, {
      entity,
      queue,
      session,
      receiveAndDelete,
      unreadBytes,
      ...(holder && { holder }),
    });
  const wanted = wantedSession(sender);
  if (!queue.sessions) {
    if (wanted !== undefined) throw sessionNotPossible(address);
    return link();
  }
  if (wanted === undefined) throw sessionRequired();
  return attachToSession(core, sender, { table: queue.sessions, wanted, entity, link, attached: ports.attached });
}

interface SessionAttach {
  readonly table: NonNullable<QueueEntity['main']['sessions']>;
  readonly wanted: string | null;
  readonly entity: Entity;
  readonly link: (session: Session, holder: SessionHolder) => OutgoingLink;
  readonly attached: (link: OutgoingLink) => void;
}

function attachToSession(core: BrokerCore, sender: SenderInternals, attach: SessionAttach): AttachedReceiver {
  const { table, wanted, entity, link, attached } = attach;
  // The session needs its holder and the link its session: the holder passes on to the link once there is one.
  let made: OutgoingLink | undefined;
  const holder = { client: sender.connection, ready: () => made?.ready(), lost: () => made?.lost() };
  const grant = (session: Session): OutgoingLink => {
    grantSession(sender, session);
    made = link(session, holder);
    return made;
  };
  const now = core.clock.now();
  const session = wanted === null ? table.acceptNext(holder, now) : table.accept(wanted, holder, now);
  if (session) return grant(session);
  return new SessionWaiting(
    entity,
    sender,
    new SessionWait(core, sender, table, holder, (found) => attached(grant(found))),
  );
}

function resolve(core: BrokerCore, address: string): Omit<EntityAddress, 'entity'> & { readonly entity: Entity } {
  const parsed = parseAddress(address);
  const entity = core.namespace.registry.get(parsed.entity);
  core.faults.checkBusy(entity.path);
  return { ...parsed, entity };
}

/** @throws BrokerError when nothing can be received from the entity */
function checkReceive(entity: Entity, address: string): QueueEntity | SubscriptionEntity {
  if (entity.kind === 'topic') {
    throw new BrokerError('amqp:not-allowed', `'${address}' is a topic: messages are received from its subscriptions.`);
  }
  checkReceives(entity);
  const { forwardTo } = entity.options;
  if (forwardTo !== undefined && parseAddress(address).subQueue === 'main') {
    throw new BrokerError(
      'amqp:not-allowed',
      `Cannot create a message receiver on an entity with auto-forwarding enabled: '${address}' forwards to '${forwardTo}'.`,
    );
  }
  return entity;
}
