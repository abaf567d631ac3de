import type { AmqpValue, AttachAnswer, ReceiverLink, SenderLink } from '@orderflow/amqp';
import type { ConnectionAccess } from '../auth/connection-access.js';
import type { BrokerCore } from '../broker-core.js';
import { checkReceives } from '../entities/admission.js';
import type { Entity, QueueEntity, SubscriptionEntity } from '../entities/entity.js';
import { type EntityAddress, parseAddress, pathOfAddress } from '../entities/entity-path.js';
import { BrokerError, entityDisabled } from '../entities/errors.js';
import type { Session, SessionHolder } from '../entities/session.js';
import type { Attached } from './attached.js';
import { answerToken } from './cbs.js';
import { IncomingLink } from './incoming-link.js';
import { answerManagement } from './management/answer.js';
import { type ClientOutput, OutgoingLink } from './outgoing-link.js';
import type { ReplyLinks } from './reply-links.js';
import { ServiceNode } from './service-node.js';
import { grantSession, sessionNotPossible, sessionRequired, SessionWait, wantedSession } from './session-attach.js';

const CBS = '$cbs';
/** What a client says that wants messages settled as they are sent. */
const SETTLED = 1;

/** Who attaches, and what its links need of each other. */
export interface AttachPorts {
  readonly core: BrokerCore;
  readonly access: ConnectionAccess;
  /** Whose links they are: nobody else may touch its sessions. */
  readonly client: object;
  readonly replies: ReplyLinks;
  readonly output: ClientOutput;
  /** Told of what is behind a link from now on: a session was waited for. */
  readonly granted: (link: SenderLink, attached: Attached) => void;
}

/** What is behind a link on which the client sends. @throws BrokerError when it is refused */
export function attachSender(receiver: ReceiverLink, ports: AttachPorts): Attached {
  const { core, access, client, replies } = ports;
  const { target } = receiver.attach;
  const address = textOf(target?.type === 'target' ? target.address : undefined);
  if (isTokenNode(address)) {
    const answer = (request: Parameters<typeof answerToken>[2], send: (reply: Buffer) => void) =>
      send(answerToken(core, access, request));
    return new ServiceNode(core, receiver, { address, entity: undefined, replies, answer });
  }
  const { entity, subQueue, management } = resolve(core, address);
  if (management) {
    access.watch(receiver, entity.path, undefined);
    const node = { core, entity, subQueue, access, client };
    const answer = (request: Parameters<typeof answerManagement>[1], send: (reply: Buffer) => void) =>
      answerManagement(node, request, send);
    return new ServiceNode(core, receiver, { address, entity, replies, answer });
  }
  access.watch(receiver, entity.path, 'Send');
  if (entity.kind === 'subscription' || subQueue !== 'main') {
    throw new BrokerError('amqp:not-allowed', `Messages cannot be sent to '${address}', only to queues and topics.`);
  }
  if (entity.options.status === 'Disabled' || entity.options.status === 'SendDisabled') throw entityDisabled(address);
  return new IncomingLink(core, receiver, entity);
}

/** What is behind a link on which the client receives. @throws BrokerError when it is refused */
export function attachReceiver(sender: SenderLink, ports: AttachPorts): Attached {
  const { core, access, client, replies, output } = ports;
  const address = textOf(sender.attach.source?.address);
  if (isTokenNode(address)) return replies.create(sender, address);
  const { entity, subQueue, management } = resolve(core, address);
  access.watch(sender, entity.path, management ? undefined : 'Listen');
  if (management) return replies.create(sender, address);
  const queue = checkReceive(entity, address)[subQueue];
  core.receivers.check(entity);
  entity.lifecycle.touch(core.clock.now());
  const receiveAndDelete = sender.attach.sndSettleMode === SETTLED;
  const options = { entity, queue, receiveAndDelete, client, output };
  const wanted = wantedSession(sender);
  if (!queue.sessions) {
    if (wanted !== undefined) throw sessionNotPossible(address);
    return new OutgoingLink(core, sender, { ...options, session: undefined });
  }
  if (wanted === undefined) throw sessionRequired();
  const link = (session: Session, holder: SessionHolder, answer: AttachAnswer) =>
    new OutgoingLink(core, sender, { ...options, session, holder, answer });
  return attachToSession(sender, ports, { table: queue.sessions, wanted, entity, link });
}

interface SessionAttach {
  readonly table: NonNullable<QueueEntity['main']['sessions']>;
  readonly wanted: string | null;
  readonly entity: Entity;
  readonly link: (session: Session, holder: SessionHolder, answer: AttachAnswer) => OutgoingLink;
}

function attachToSession(sender: SenderLink, { core, client, granted }: AttachPorts, attach: SessionAttach): Attached {
  const { table, wanted, entity, link } = attach;
  // The session needs its holder and the link its session: the holder passes on to the link once there is one.
  let made: OutgoingLink | undefined;
  const holder = { client, ready: () => made?.ready(), lost: () => made?.lost() };
  const grant = (session: Session): OutgoingLink => {
    made = link(session, holder, grantSession(sender, session));
    return made;
  };
  const now = core.clock.now();
  const session = wanted === null ? table.acceptNext(holder, now) : table.accept(wanted, holder, now);
  if (session) return grant(session);
  return new SessionWait(core, sender, { entity, table, holder, granted: (found) => granted(sender, grant(found)) });
}

function isTokenNode(address: string): boolean {
  return pathOfAddress(address).toLowerCase() === CBS;
}

function textOf(address: AmqpValue | undefined): string {
  return typeof address === 'string' ? address : '';
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
