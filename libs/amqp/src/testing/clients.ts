import type { Listener } from '../engine/listener.js';
import { uint } from '../codec/value.js';
import { ScriptPeer } from './script-peer.js';

const ACCEPTED = { type: 'accepted' } as const;
const SEND = { settled: false, format: 0, batchable: true } as const;
const CBS = { source: { type: 'source', address: '$cbs' }, target: { type: 'target', address: '$cbs' } } as const;
export const UINT_MAX = 0xffff_ffff;
/** Where AMQPNetLite begins to count. */
export const NEARLY_WRAPPED = 0xffff_fffd;

/** A peer that meets a server which serves everybody: it accepts links, answers requests, and says yes to the rest. */
export function met(): ScriptPeer {
  const overrides: Partial<Listener> = {
    attached: (link) => {
      peer.links.push(link);
      if (link.role === 'sender') link.accept({ maxMessageSize: 262_144n });
      else link.accept(100, { maxMessageSize: 262_144n });
    },
    delivery: (link, { id, payload }) => {
      peer.deliveries.push({ id, format: 0, settled: false, state: undefined, payload: Buffer.from(payload) });
      link.settle(id, ACCEPTED);
      link.session.writeDispositions();
      const reply = peer.links.find(({ role, session }) => role === 'sender' && session === link.session);
      if (reply?.role === 'sender') reply.send(Buffer.of(1, 0, 0, 0), Buffer.from('reply'), { ...SEND, token: id });
    },
  };
  const peer: ScriptPeer = new ScriptPeer({}, overrides);
  return peer;
}

/** Says all it has to say to begin before it hears anything, and both links of `$cbs` have the same addresses. */
export function pyamqp(): ScriptPeer {
  const peer = met().open({
    containerId: 'SBSender-1',
    hostname: 'localhost',
    maxFrameSize: 1_048_576,
    channelMax: 65_535,
  });
  peer.begin({ nextOutgoingId: 0, incomingWindow: 65_536, outgoingWindow: 65_536 }, 1);
  peer.attach({ name: 'cbs-receiver', handle: 0, role: true, ...CBS }, 1);
  peer.attach({ name: 'cbs-sender', handle: 1, role: false, initialDeliveryCount: 0, ...CBS }, 1);
  for (let i = 0; i < 3; i++) peer.flow({ handle: 0, deliveryCount: 0, linkCredit: 10 }, 1);
  peer.transfer({ handle: 1, deliveryId: 0, deliveryTag: Buffer.of(0) }, 'put-token', 1);
  return peer;
}

/** Gives credit by frames, and wants its request accepted before the answer. */
export function uamqp(): ScriptPeer {
  const peer = met().open({ containerId: 'uamqp', maxFrameSize: 65_536, channelMax: 65_535, idleTimeOut: 240_000 });
  peer.begin({ nextOutgoingId: 1, incomingWindow: 65_535 }).attach({ name: 'receiver', role: true, ...CBS });
  peer.attach({ name: 'sender', handle: 1, role: false, initialDeliveryCount: 0, ...CBS });
  peer.flow({ nextOutgoingId: 1, handle: 0, deliveryCount: 0, linkCredit: 10_000 });
  return peer.transfer({ handle: 1, deliveryId: 0, deliveryTag: Buffer.of(1) }, 'put-token');
}

/** Asks for explicit settle modes and closes what is not echoed. */
export function goAmqp(): ScriptPeer {
  const peer = met().open({ containerId: 'go', hostname: 'localhost', maxFrameSize: 65_536, idleTimeOut: 30_000 });
  peer.begin({ nextOutgoingId: 0, incomingWindow: 5_000, handleMax: UINT_MAX });
  const modes = { sndSettleMode: 0, rcvSettleMode: 1 };
  return peer.attach({ name: 'receiver', ...modes }).flow({ handle: 0, deliveryCount: 0, linkCredit: 1 });
}

/** Leaves id and tag out of all frames of a delivery but the first. */
export function fe2o3(): ScriptPeer {
  const peer = met().open({ containerId: 'rust', maxFrameSize: 65_536 }).begin({ incomingWindow: 5_000 });
  peer.attach({ role: false, sndSettleMode: 2, rcvSettleMode: 0, initialDeliveryCount: 0 });
  peer.transfer({ deliveryId: 0, deliveryTag: Buffer.of(0), messageFormat: 0, more: true }, 'first ');
  return peer.transfer({ more: true }, 'second ').transfer({ more: false }, 'third');
}

/** Two links of one name, told apart by a suffix; one credit a request. */
export function protonJ(): ScriptPeer {
  const peer = met().open({ containerId: 'java', maxFrameSize: 65_536, idleTimeOut: 60_000 }).begin();
  peer.attach({ name: 'cbs:sender', handle: 0, role: false, initialDeliveryCount: 0, ...CBS });
  const target = { type: 'target', address: 'cbs-client-reply-to' } as const;
  peer.attach({ name: 'cbs:receiver', handle: 1, role: true, ...CBS, target });
  peer.flow({ handle: 1, deliveryCount: 0, linkCredit: 1 });
  return peer.transfer({ handle: 0, deliveryId: 0, deliveryTag: Buffer.of(1) }, 'put-token');
}

/** The largest window there is, requests settled beforehand, and a drain at the end of each receive. */
export function dotNet(): ScriptPeer {
  const peer = met().open({ containerId: 'net', hostname: 'localhost', maxFrameSize: 65_536, channelMax: 4_999 });
  peer.begin({ nextOutgoingId: 1, incomingWindow: UINT_MAX, outgoingWindow: UINT_MAX, handleMax: 255 });
  peer.attach({ name: 'duplex1:sender', role: false, sndSettleMode: 1, initialDeliveryCount: 0, ...CBS });
  peer.attach({
    name: 'receiver',
    handle: 1,
    role: true,
    properties: new Map([['com.microsoft:timeout', uint(60_000)]]),
  });
  const windows = { incomingWindow: UINT_MAX, outgoingWindow: UINT_MAX };
  return peer.flow({ ...windows, handle: 1, deliveryCount: 0, linkCredit: 50, drain: true });
}

/** SASL, headers and the rest in one piece; it would like to send to any address. */
export function qpid(): ScriptPeer {
  const peer = met().header(3).sasl('ANONYMOUS').header(0);
  peer.send({ type: 'open', containerId: 'qpid', desiredCapabilities: ['ANONYMOUS-RELAY', 'SHARED-SUBS'] });
  return peer.begin().attach().flow({ handle: 0, deliveryCount: 0, linkCredit: 10, drain: true });
}

/** Waits for nothing, and its ids begin anew after three transfers. */
export function amqpNetLite(): ScriptPeer {
  const peer = met().open({ containerId: 'lite', maxFrameSize: 65_536, channelMax: 3, idleTimeOut: 0x7fff_ffff });
  peer.begin({ nextOutgoingId: NEARLY_WRAPPED, incomingWindow: 2_048, handleMax: 63 });
  peer.attach({ role: false, initialDeliveryCount: 0 });
  for (let id = 0; id < 6; id++) peer.transfer({ deliveryId: id, deliveryTag: Buffer.of(0, 0, 0, id) });
  return peer;
}

/** A heartbeat, echoes, both links and an orderly end. */
export function rhea(): ScriptPeer {
  const peer = met().open({ containerId: 'rhea', maxFrameSize: UINT_MAX, idleTimeOut: 60_000 }).begin();
  peer.attach({ name: 'sender', handle: 0, role: false, initialDeliveryCount: 0 });
  peer.attach({ name: 'receiver', handle: 1, role: true }).flow({ handle: 1, deliveryCount: 0, linkCredit: 10 });
  peer.transfer({ handle: 0, deliveryId: 0, deliveryTag: Buffer.of(0), batchable: true }, 'message');
  peer.send({ type: 'disposition', role: true, first: 0, settled: true, state: ACCEPTED }).flow({ echo: true });
  peer.send({ type: 'detach', handle: 1, closed: true }).send({ type: 'detach', handle: 0, closed: true });
  return peer.send({ type: 'end' }).send({ type: 'close' });
}

/** The beginning of each client's conversation. */
export const CLIENTS: Readonly<Record<string, () => ScriptPeer>> = {
  ...{ pyamqp, uamqp, goAmqp, fe2o3, protonJ, dotNet, qpid, amqpNetLite, rhea },
};
