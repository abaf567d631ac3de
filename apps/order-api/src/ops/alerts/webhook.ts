import { createHmac } from 'node:crypto';

/** Where notices go, signed as Standard Webhooks say (standardwebhooks.com), for which receivers have libraries. */
export interface Webhook {
  readonly url: string;
  /** The key of the signature, Base64 with or without `whsec_` before it; read for each notice, so that it can change. */
  readonly secret: () => string;
}

/** Something to tell, and what a receiver knows it by when it is told again. */
export interface WebhookMessage {
  readonly id: string;
  /** JSON. */
  readonly body: string;
}

/** How long a receiver may take to answer, in milliseconds. */
const timeoutMs = 10_000;
const prefix = 'whsec_';

/**
 * Tells a receiver once. Rejects with what was wrong when it does not answer 2xx in ten seconds: a redirect is no such
 * answer and is not followed. The error names neither the address nor the key.
 * @param now milliseconds since 1970: a receiver refuses what is signed long ago
 */
export async function postWebhook(
  { url, secret }: Webhook,
  message: WebhookMessage,
  { now, signal }: { readonly now: () => number; readonly signal: AbortSignal },
): Promise<void> {
  const timestamp = String(Math.floor(now() / 1_000));
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': message.id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signatureOf(secret(), timestamp, message),
    },
    body: message.body,
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`it answers ${answer.status}`);
}

/** HMAC-SHA256 of id, time and body: `v1,` and Base64. */
export function signatureOf(secret: string, timestamp: string, { id, body }: WebhookMessage): string {
  const key = Buffer.from(secret.startsWith(prefix) ? secret.slice(prefix.length) : secret, 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}
