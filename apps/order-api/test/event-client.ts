import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { eventually } from './eventually.js';

/** An event of a stream. */
export interface ClientEvent {
  readonly id: string;
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly data: any;
}

/** A client of server-sent events. */
export class EventClient {
  readonly events: ClientEvent[] = [];
  /** Whether the server has ended the stream. */
  isEnded = false;
  comments = 0;
  readonly headers: IncomingMessage['headers'];
  readonly #answer: IncomingMessage;

  private constructor(answer: IncomingMessage) {
    this.#answer = answer;
    this.headers = answer.headers;
    answer.setEncoding('utf8');
    answer.once('close', () => (this.isEnded = true));
    // That a stream breaks off is an end as any other.
    answer.on('error', () => undefined);
    let text = '';
    answer.on('data', (chunk: string) => {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) this.#take(block);
    });
  }

  /** On a connection of its own. Rejects when the server does not begin a stream. */
  static async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<EventClient> {
    const [answer] = (await once(get(url, { headers, agent: false }), 'response')) as [IncomingMessage];
    if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${await textOf(answer)}`);
    return new EventClient(answer);
  }

  named(name: string): readonly ClientEvent[] {
    return this.events.filter((event) => event.name === name);
  }

  /** Waits for an event that fits. */
  async find(name: string, fits: (data: ClientEvent['data']) => boolean = () => true): Promise<ClientEvent> {
    let found: ClientEvent | undefined;
    await eventually(async () => {
      found = this.named(name).find(({ data }) => fits(data));
      if (!found) throw new Error(`No such ${name} among ${JSON.stringify(this.events).slice(0, 2_000)}`);
    });
    return found as ClientEvent;
  }

  close(): void {
    this.#answer.destroy();
  }

  #take(block: string): void {
    if (block === ':') this.comments += 1;
    const [, id = '', name = '', data = ''] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(block) ?? [];
    if (name !== '') this.events.push({ id, name, data: JSON.parse(data) });
  }
}
