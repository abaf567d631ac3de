import type { ComposeSystem } from './compose-system.ts';

const tokens = new WeakMap<ComposeSystem, Promise<string>>();

/** The header of a request to order-api, with a token of the system's development issuer: one for as long as that runs. */
export async function authorization(system: ComposeSystem): Promise<{ readonly authorization: string }> {
  const token = tokens.get(system) ?? askForToken(system);
  tokens.set(system, token);
  // One that could not be had is asked for again.
  token.catch(() => tokens.delete(system));
  return { authorization: `Bearer ${await token}` };
}

/** For when the development issuer was started again: it has another key then, and its tokens end with it. */
export function forgetToken(system: ComposeSystem): void {
  tokens.delete(system);
}

/** @param customer whose token it is to be; an application's when absent */
export async function askForToken(system: ComposeSystem, customer?: string): Promise<string> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: 'orderflow',
    client_secret: 'local-only',
    ...(customer !== undefined && { customer }),
  });
  const answer = await fetch(await system.url('dev-issuer', '/token'), { method: 'POST', body });
  if (!answer.ok) throw new Error(`The development issuer answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { readonly access_token: string }).access_token;
}
