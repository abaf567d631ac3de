import type { SenderLink, Session } from '@orderflow/amqp';
import { pathOfAddress } from '../entities/entity-path.js';
import type { Attached } from './attached.js';

/** Replies that wait for their client's credit; beyond that its requests are refused. */
const MAX_WAITING = 1_000;

/** A link by which a client gets the replies of a `$cbs` or `$management` node. */
export class ReplyLink implements Attached {
  readonly entity = undefined;
  readonly sender: SenderLink;
  /** The node's address, as the client wrote it. */
  readonly node: string;
  readonly #gone: (link: ReplyLink) => void;
  #waiting: Buffer[] = [];
  #count = 0;

  constructor(sender: SenderLink, node: string, gone: (link: ReplyLink) => void) {
    this.sender = sender;
    this.node = node;
    this.#gone = gone;
  }

  /** Whether the client leaves too many replies unread. */
  get isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING;
  }

  open(): void {
    this.sender.accept();
  }

  send(reply: Buffer): void {
    this.#waiting.push(reply);
    this.sendable();
  }

  sendable(): void {
    let sent = 0;
    while (sent < this.#waiting.length && this.sender.canSend) {
      this.#write(this.#waiting[sent] as Buffer);
      sent++;
    }
    this.#waiting.splice(0, sent);
  }

  drain(): void {
    this.sender.drained();
  }

  closed(): void {
    this.#waiting = [];
    this.#gone(this);
  }

  /** Azure tags replies with a count that begins at 1, little-endian. */
  #write(reply: Buffer): void {
    this.#count = (this.#count + 1) >>> 0;
    const tag = Buffer.alloc(4);
    tag.writeUInt32LE(this.#count);
    this.sender.send(tag, reply, { settled: true, format: 0, batchable: false, token: undefined });
  }
}

/** The reply links of one client, the newest last. */
export class ReplyLinks {
  readonly #links = new Set<ReplyLink>();

  /** @param node its address, as the client wrote it */
  create(sender: SenderLink, node: string): ReplyLink {
    const link = new ReplyLink(sender, node, (gone) => this.#links.delete(gone));
    this.#links.add(link);
    return link;
  }

  /**
   * The link that a reply goes to. Microsoft's JavaScript client names the link itself, others the address of its
   * target; who names none, as Microsoft's for Python, has one link whose source is the node.
   * @param session the request's: its links come first
   */
  find(replyTo: string, node: string, session: Session): ReplyLink | undefined {
    const all = [...this.#links].reverse();
    const links = [...all.filter(({ sender }) => sender.session === session), ...all];
    const named = replyTo === '' ? undefined : links.find((link) => isCalled(link, replyTo));
    return named ?? links.find((link) => nameOf(link.node) === nameOf(node));
  }
}

/** A node's name, however a client writes its address. */
function nameOf(address: string): string {
  return pathOfAddress(address).toLowerCase();
}

function isCalled({ sender: { attach } }: ReplyLink, name: string): boolean {
  return attach.name === name || (attach.target?.type === 'target' && attach.target.address === name);
}
