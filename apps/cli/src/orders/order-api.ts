import type { CommandContext } from '../command-context.js';
import { CommandError } from '../command-error.js';
import { type Credentials, findCredentials, noCredentials } from '../token/access-token.js';
import { readRuntime } from '../runtime-file.js';

/** An order as the API answers it, as far as this command shows it. */
export interface Order {
  readonly id: string;
  readonly status: string;
  readonly customerId: string | null;
  readonly currency: string | null;
  /** In minor units. */
  readonly total: number | null;
  readonly createdAt: string | null;
  /** When the payment was captured. */
  readonly capturedAt?: string;
  readonly rejection?: { readonly code: string; readonly text: string };
  readonly cancelReason?: string;
  readonly paymentFailure?: string;
  readonly invoiceId?: string;
}

export interface TimelineMessage {
  readonly type: string;
  readonly id: string;
  readonly time: string;
  readonly cause?: { readonly messageId: string; readonly attempt: number };
}

export interface NewOrder {
  readonly customerId: string;
  readonly currency: string;
  readonly lines: readonly { readonly sku: string; readonly quantity: number; readonly unitPrice: number }[];
}

const timeoutMs = 10_000;

/** A client of order-api. Every failure is a {@link CommandError} that says which request failed, and how. */
export class OrderApi {
  /** Without a slash at its end. */
  readonly baseUrl: string;

  /** With a token where one is needed; asked for before each request. */
  readonly credentials: Credentials;

  constructor(baseUrl: string, credentials: Credentials = noCredentials) {
    this.credentials = credentials;
    this.baseUrl = baseUrl.replace(/\/$/, '');
  }

  /** Places an order. Placing it again with the same key answers the same order. */
  async place(order: NewOrder, idempotencyKey: string): Promise<Order> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': `"${idempotencyKey}"` };
    return this.#required(
      await this.#request('/orders', { method: 'POST', headers, body: JSON.stringify(order) }),
      '/orders',
    );
  }

  /** Undefined when the API has not heard of the order. */
  async read(id: string): Promise<Order | undefined> {
    return (await this.#request(`/orders/${encodeURIComponent(id)}`)) as Order | undefined;
  }

  async timeline(id: string): Promise<readonly TimelineMessage[]> {
    const found = (await this.#request(`/orders/${encodeURIComponent(id)}/timeline`)) as
      | { readonly messages: readonly TimelineMessage[] }
      | undefined;
    return found?.messages ?? [];
  }

  async list(
    query: Readonly<Record<string, string>>,
  ): Promise<{ readonly items: readonly Order[]; readonly nextCursor?: string }> {
    const path = `/orders?${new URLSearchParams(query)}`;
    return this.#required(await this.#request(path), path);
  }

  #required<T>(answer: unknown, path: string): T {
    if (answer === undefined) throw new CommandError(`${this.baseUrl}${path} answers 404: is it order-api?`);
    return answer as T;
  }

  async #request(path: string, init: RequestInit = {}): Promise<unknown> {
    const url = this.baseUrl + path;
    const headers = { ...(init.headers as Readonly<Record<string, string>>), ...(await this.credentials()) };
    const response = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(timeoutMs) }).catch(
      (error: unknown) => {
        throw new CommandError(
          `order-api does not answer at ${this.baseUrl}: start it with npm start, or set ORDER_API_URL.`,
          {
            cause: error,
          },
        );
      },
    );
    if (response.status === 404) return undefined;
    if (!response.ok) {
      const advice =
        response.status === 401 ? ' (AUTH_TOKEN, or AUTH_TOKEN_URL with a client: orderflow token --help)' : '';
      throw new CommandError(`${url} answers ${response.status}: ${problemOf(await response.text())}${advice}`);
    }
    return response.json();
  }
}

/** The API at `ORDER_API_URL`, else the running one, else the usual address. */
export function findOrderApi(context: CommandContext): OrderApi {
  const { workspace, environment } = context;
  const running = readRuntime(workspace.runtimeFile)?.urls['order-api'];
  return new OrderApi(environment['ORDER_API_URL'] || running || 'http://127.0.0.1:3000', findCredentials(context));
}

/** What a problem document (RFC 9457) says, else the text itself. */
function problemOf(text: string): string {
  try {
    const { title, detail } = JSON.parse(text) as { title?: string; detail?: string };
    return detail ?? title ?? text;
  } catch {
    return text.slice(0, 300);
  }
}
