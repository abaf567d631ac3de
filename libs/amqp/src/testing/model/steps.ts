import { amqpError, CONDITION } from '../../engine/errors.js';
import type { Link } from '../../engine/listener.js';
import { numbersFrom } from '../numbers.js';
import { NaiveClient } from './naive-client.js';
import { type DownLink, uint32, type UpLink } from './naive-links.js';
import type { NaiveLink, NaiveSession } from './naive-session.js';

/** What is done, and three numbers that say to whom and how. */
type Step = readonly [kind: number, where: number, how: number, more: number];
type Act = (client: NaiveClient, session: NaiveSession, how: number, more: number) => void;

const HANDLES = 4;
const ERROR = amqpError('amqp:internal-error', 'As the model has it.');
const FIRST = [0n, 1n, 2n ** 31n - 2n, 2n ** 32n - 3n, 2n ** 32n - 1n] as const;
const WINDOWS = [0, 1, 2, 3, 5, 8, 2_048, 2 ** 32 - 1] as const;
const SIZES = [1, 300, 2_000] as const;
/** Of what the client sends, in bytes; each of its frames has one. */
const MAX_SIZES = [0, 0, 1, 2, 5] as const;
const OUTCOMES = ['accepted', 'released', 'modified'] as const;

const pick = <T>(from: readonly T[], nth: number): T => from[nth % from.length] as T;
const nthOf = <T>(from: Iterable<T>, nth: number): T | undefined => {
  const all = [...from];
  return all[nth % (all.length || 1)];
};
const downOf = (session: NaiveSession, nth: number) =>
  nthOf(
    [...session.links.values()].filter((link): link is DownLink => link.role),
    nth,
  );
const upOf = (session: NaiveSession, nth: number) =>
  nthOf(
    [...session.links.values()].filter((link): link is UpLink => !link.role),
    nth,
  );

/** A flow: the session's window, and a link's credit with it; one in three drains, one in five asks for an answer. */
const allow: Act = ({ peer }, session, how, more) => {
  const link = how % 4 === 0 ? undefined : downOf(session, how);
  const window = pick(WINDOWS, more);
  const credit = how % 9;
  session.frameLimit = session.seenFrames + BigInt(window);
  link?.allow(credit);
  const ofLink = link && {
    handle: link.handle,
    deliveryCount: uint32(link.seen),
    linkCredit: credit,
    drain: more % 3 === 0,
  };
  const nextIncomingId = session.seenFrames === 0n && more % 2 === 0 ? undefined : uint32(1n + session.seenFrames);
  const ids = { nextIncomingId, nextOutgoingId: uint32(session.first + session.ownFrames) };
  peer.flow({ ...ids, incomingWindow: window, ...ofLink, echo: more % 5 === 0 }, session.channel);
};

const see: Act = (_, session) => session.see();

const serverSends: Act = (_, session, how, more) => {
  const { link, isWhole } = downOf(session, how) ?? {};
  if (!link || !isWhole) return;
  const token = `token ${session.sentDeliveries}`;
  link.send(Buffer.of(how), Buffer.alloc(pick(SIZES, more)), {
    settled: more % 4 === 0,
    format: 0,
    batchable: true,
    token,
  });
};

const serverDrains: Act = (client, session, how) => {
  const link = downOf(session, how);
  if (!link) return;
  const isHeardOf = link.phase === 'attached' && link.isWhole;
  link.drain();
  if (isHeardOf) client.check();
};

/** The client says what became of a range of the server's deliveries, and settles them or leaves that to the server. */
const clientDisposes: Act = (client, session, how, more) => {
  const from = session.sentDeliveries - BigInt(how % 20);
  const [first, last] = [from < 0n ? 0n : from, (from < 0n ? 0n : from) + BigInt(more % 40)];
  const settled = more % 3 > 0;
  const type = pick(OUTCOMES, how);
  for (const id of [...session.down.keys()]) {
    if (id < first || id > last) continue;
    client.heard('disposed', uint32(id), `token ${id}`, type, settled);
    if (settled) session.down.delete(id);
  }
  const range = { first: uint32(first), last: uint32(last) };
  client.peer.send({ type: 'disposition', role: true, ...range, settled, state: { type } }, session.channel);
};

/** The server settles one of its own deliveries. */
const serverSettlesOwn: Act = (_, session, how) => {
  const [id, link] = nthOf(session.down, how) ?? [];
  if (id === undefined || !link) return;
  session.down.delete(id);
  session.awaited.add(`disposition false ${uint32(id)} accepted`);
  link.link.settle(uint32(id), { type: 'accepted' });
};

/** One transfer frame: a delivery begins or goes on; one in seven that go on is aborted. */
const clientSends: Act = (client, session, how, more) => {
  const link = upOf(session, how);
  if (!link || (!link.unfinished && !link.mayBegin)) return;
  const begins = !link.unfinished;
  if (begins) link.begin(session.ownDeliveries++, more % 4 === 0);
  const { unfinished } = link;
  if (!unfinished) return;
  const aborted = !begins && more % 7 === 0;
  const isMore = !aborted && more % 2 === 1;
  if (!aborted) unfinished.text += String(more % 10);
  const deliveryId = begins || more % 3 > 0 ? session.ownId(unfinished.id) : undefined;
  if (session.ownFrames >= session.ownLimit) throw new Error('The server does not open its window again.');
  session.ownFrames++;
  const isAnswered = begins && !unfinished.settled && link.refusal;
  if (isAnswered) session.awaited.add(`disposition true ${deliveryId} ${link.refusal}`);
  if (!isMore) completes(client, session, link, aborted);
  const fields = { handle: link.handle, deliveryId, settled: unfinished.settled, more: isMore, aborted };
  client.peer.transfer(fields, String(more % 10), session.channel);
};

function completes(client: NaiveClient, session: NaiveSession, link: UpLink, aborted: boolean): void {
  const { id, settled, text } = link.unfinished as NonNullable<UpLink['unfinished']>;
  link.unfinished = undefined;
  if (aborted || link.phase !== 'attached') return;
  if (link.isTooLarge(text)) {
    if (settled) session.detached(link, CONDITION.messageSizeExceeded);
    else session.awaited.add(`disposition true ${session.ownId(id)} rejected`);
    return;
  }
  client.sent.push({ id: session.ownId(id), text });
  if (!settled) link.unsettled.add(id);
}

const serverSettles: Act = (_, session, how, more) => {
  const link = upOf(session, how);
  const delivery = nthOf(link?.unsettled ?? [], more);
  if (!link || delivery === undefined) return;
  const id = session.ownId(delivery);
  const type = pick(OUTCOMES, more);
  link.unsettled.delete(delivery);
  session.awaited.add(`disposition true ${id} ${type}`);
  link.link.settle(id, { type });
};

/** The client settles a range of its own deliveries: nobody has to say anything. */
const clientSettlesOwn: Act = ({ peer }, session, how, more) => {
  const from = session.ownDeliveries - BigInt(how % 10);
  const first = from < 0n ? 0n : from;
  const last = first + BigInt(more % 12);
  for (const link of session.links.values()) {
    if (link.role) continue;
    for (const id of [...link.unsettled]) if (id >= first && id <= last) link.unsettled.delete(id);
  }
  const range = { first: session.ownId(first), last: session.ownId(last) };
  peer.send({ type: 'disposition', role: false, ...range, settled: true }, session.channel);
};

const serverGrants: Act = (_, session, how, more) => {
  const link = upOf(session, how);
  if (link?.phase !== 'attached') return;
  link.allowance = more % 12;
  link.link.grant(link.allowance);
};

const attach: Act = (client, session, how, more) => {
  const handle = how % HANDLES;
  if (session.links.has(handle)) return;
  client.attach(session, handle, more % 2 === 0, `link ${more % 12}`);
  if (more % 3 > 0) accepts(client, session, handle, more);
};

const serverAccepts: Act = (client, session, how, more) => accepts(client, session, how % HANDLES, more);

function accepts(_: NaiveClient, session: NaiveSession, handle: number, more: number): void {
  const link = session.links.get(handle);
  if (link?.phase !== 'held') return;
  link.phase = 'attached';
  session.awaited.add(`attach ${handle}`);
  if (link.role) return link.link.accept();
  link.allowance = more % 12;
  link.maxSize = pick(MAX_SIZES, more);
  link.link.accept(link.allowance, { maxMessageSize: BigInt(link.maxSize) });
}

const serverRefuses: Act = (_, session, how) => {
  const link = nthOf(session.links.values(), how);
  if (link?.phase !== 'held') return;
  session.detached(link, undefined, false);
  link.link.refuse(ERROR);
};

const detachAt = (session: NaiveSession, how: number): NaiveLink | undefined => nthOf(session.links.values(), how);
const clientDetaches: Act = (client, session, how) => {
  const link = detachAt(session, how);
  if (link) client.detach(session, link);
};
const serverDetaches: Act = (_, session, how) => {
  const link = detachAt(session, how);
  if (link) session.serverDetaches(link, ERROR);
};

const clientEnds: Act = (client, session) => client.end(session);
const serverEnds: Act = (client, session) => {
  if (session.isEnding) return;
  client.bury(session);
  session.ended(ERROR);
  session.session.end(ERROR);
};

/** A link that is over is asked to do everything. */
const disturbTheDead: Act = ({ dead }, _, how, more) => {
  const link: Link | undefined = nthOf(dead, how);
  if (!link) return;
  if (link.role === 'sender') {
    link.accept();
    link.drained();
    link.send(Buffer.of(1), Buffer.of(1), { settled: false, format: 0, batchable: false, token: undefined });
  } else {
    link.accept(5);
    link.grant(5);
  }
  link.settle(more, { type: 'accepted' });
  link.refuse(ERROR);
  link.detach(ERROR);
};

/** By how often each is done. */
const ACTS: readonly (readonly [number, Act])[] = [
  [40, allow],
  [30, see],
  [50, serverSends],
  [12, serverDrains],
  [20, clientDisposes],
  [10, serverSettlesOwn],
  [60, clientSends],
  [30, serverSettles],
  [5, clientSettlesOwn],
  [6, serverGrants],
  [16, attach],
  [10, serverAccepts],
  [1, serverRefuses],
  [2, clientDetaches],
  [2, serverDetaches],
  [1, clientEnds],
  [1, serverEnds],
  [3, disturbTheDead],
];
const DECK = ACTS.flatMap(([times, act]) => Array.from({ length: times }, () => act));

/** The numbers of a step are below this. */
const NUMBERS = 2_520;

/** Takes so many steps, which follow from the seed. @throws Error that names the step, its cause what does not agree */
export function runModel(seed: number, length: number): void {
  const random = numbersFrom(seed);
  const client = new NaiveClient();
  for (let i = 0; i < length; i++) {
    const step: Step = [random(DECK.length), random(NUMBERS), random(NUMBERS), random(NUMBERS)];
    try {
      take(client, step);
    } catch (error) {
      throw new Error(`Step ${i + 1}, ${pick(DECK, step[0]).name}(${step.slice(1).join(', ')}), fails.`, {
        cause: error,
      });
    }
  }
}

/** Takes a step, or begins the session it needs, and compares. */
function take(client: NaiveClient, [kind, where, how, more]: Step): void {
  const channel = where % client.sessions.length;
  const session = client.sessions[channel];
  if (!session) client.begin(channel, pick(FIRST, how), pick(WINDOWS, more));
  else if (session.isEnding) client.end(session);
  else pick(DECK, kind)(client, session, how, more);
  client.check();
}
