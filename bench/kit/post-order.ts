import { type Agent, request } from 'node:http';

export const UNIT_PRICE = 450;
export const QUANTITY = 2;

/** An order as clients place it. */
export interface OrderRequest {
  readonly customerId: string;
  /** Its `Idempotency-Key`; none when absent. */
  readonly key?: string;
}

/**
 * `POST /orders`. Resolves with the id of the order.
 * @throws Error for any other answer than 202, with its text
 */
export function postOrder(url: string, agent: Agent, { customerId, key }: OrderRequest): Promise<string> {
  const body = JSON.stringify({
    customerId,
    currency: 'EUR',
    lines: [{ sku: 'tea', quantity: QUANTITY, unitPrice: UNIT_PRICE }],
  });
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(key !== undefined && { 'idempotency-key': key }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/orders`, { method: 'POST', agent, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => {
        if (answer.statusCode === 202) resolve((JSON.parse(text) as { id: string }).id);
        else reject(new Error(`POST /orders answered ${answer.statusCode}: ${text}`));
      });
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
