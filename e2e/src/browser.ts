import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

/** Nothing of it leaves this machine: no updates, no synchronising, no page of its own. */
const quiet = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
  // Frames of other sites stay in the page's process, so that what they ask for is heard with it.
  '--disable-site-isolation-trials',
  '--disable-features=IsolateOrigins,site-per-process',
];

/** By which it is found; Chrome is the same but for its name. */
const commands = ['chromium', 'google-chrome'];

/** A message of the DevTools protocol. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
  readonly sessionId?: string;
}

/** An answer that the browser got. */
export interface Answer {
  readonly method: string;
  readonly url: string;
  readonly status: number;
}

/**
 * Where Chromium is on this machine; undefined when it is not, which is said loudly.
 * @param consequence what does not run then
 * @throws when it is missing and REQUIRE_ALL=1, as in CI
 */
export function requireChromium(consequence: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = commands.flatMap((command) => folders.map((folder) => join(folder, command))).find(isExecutable);
  if (found !== undefined) return found;
  const message = `chromium (Debian package of that name) is not on this machine: ${consequence}.`;
  if (process.env['REQUIRE_ALL'] === '1') throw new Error(`${message} REQUIRE_ALL=1 makes that a failure.`);
  process.stderr.write(`\n*** ${message}\n\n`);
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A real Chromium without a window, driven by its DevTools protocol. */
export class Browser {
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly #pages = new Map<string, Page>();
  #sent = 0;

  private constructor(process: ChildProcess, profile: string, socket: WebSocket) {
    this.#process = process;
    this.#profile = profile;
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#take(JSON.parse(String(data)) as Message));
  }

  /** @param name a host name that leads to 127.0.0.1, as a rebound one does */
  static async start(command: string, name: string): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), 'orderflow-browser-'));
    const args = [...quiet, `--user-data-dir=${profile}`, `--host-resolver-rules=MAP ${name} 127.0.0.1`];
    const child = spawn(command, [...args, '--remote-debugging-port=0', 'about:blank'], {
      // A group of its own: it starts processes that outlive its own end otherwise.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const socket = new WebSocket(await endpointOf(child));
    await once(socket, 'open');
    return new Browser(child, profile, socket);
  }

  /** Opens a page in a tab of its own. Resolves once it is loaded. */
  async open(url: string): Promise<Page> {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page((method, params) => this.send(method, params, String(sessionId)));
    this.#pages.set(String(sessionId), page);
    await page.load(url);
    return page;
  }

  async send(method: string, params: object = {}, sessionId?: string): Promise<Readonly<Record<string, unknown>>> {
    const id = ++this.#sent;
    const answered = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    const { result = {}, error } = await answered;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  async close(): Promise<void> {
    const { pid } = this.#process;
    const ended = once(this.#process, 'exit');
    this.#socket.close();
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    await ended;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #take(message: Message): void {
    if (message.id === undefined) return this.#pages.get(message.sessionId ?? '')?.hear(message.method, message.params);
    this.#waiting.get(message.id)?.(message);
    this.#waiting.delete(message.id);
  }
}

type Send = (method: string, params?: object) => Promise<Readonly<Record<string, unknown>>>;

/** A tab. */
export class Page {
  /** What it was answered, in order; also what its scripts may not see. */
  readonly answers: Answer[] = [];
  readonly #send: Send;
  readonly #methods = new Map<string, string>();
  #loaded: () => void = () => undefined;

  constructor(send: Send) {
    this.#send = send;
  }

  async load(url: string): Promise<void> {
    await Promise.all(['Page.enable', 'Network.enable'].map((method) => this.#send(method)));
    const loaded = new Promise<void>((resolve) => {
      this.#loaded = resolve;
    });
    await this.#send('Page.navigate', { url });
    await loaded;
  }

  /** Runs a function of a script in the page, as one of its own; what it answers must be JSON. */
  async run<Result>(script: string, ...args: readonly unknown[]): Promise<Result> {
    const expression = `(${script})(...${JSON.stringify(args)})`;
    const { result, exceptionDetails } = await this.#send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(`The script failed: ${JSON.stringify(exceptionDetails)}`);
    return (result as { readonly value: Result }).value;
  }

  hear(event: string | undefined, params: Readonly<Record<string, unknown>> = {}): void {
    const id = String(params['requestId']);
    if (event === 'Page.loadEventFired') this.#loaded();
    if (event === 'Network.requestWillBeSent') {
      this.#methods.set(id, (params['request'] as { readonly method: string }).method);
    }
    if (event === 'Network.responseReceived') {
      const { url, status } = params['response'] as { readonly url: string; readonly status: number };
      this.answers.push({ method: this.#methods.get(id) ?? 'unknown', url, status });
    }
  }
}

/** Where the browser listens for whoever drives it. @throws when it ends before it says so */
async function endpointOf(child: ChildProcess): Promise<string> {
  if (!child.stderr) throw new Error('The browser has no output to read.');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    const [, endpoint] = /^DevTools listening on (ws:\S+)/.exec(line) ?? [];
    if (endpoint) {
      child.stderr.resume();
      return endpoint;
    }
    lines.push(line);
  }
  throw new Error(`The browser did not start:\n${lines.join('\n')}`);
}
