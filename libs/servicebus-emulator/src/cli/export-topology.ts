import { createSasToken } from '../auth/sas-token.js';

export interface ExportFlags {
  readonly url: string;
  /** `name=value` of a shared access key. */
  readonly key?: string;
}

/** Prints a running broker's topology. @throws an error that says that there is no broker, or that it refuses */
export async function exportTopology({ url, key }: ExportFlags): Promise<void> {
  const page = new URL('/topology', url);
  const headers = key === undefined ? {} : { authorization: authorize(page.origin, key) };
  const response = await fetch(page, { headers }).catch((error: unknown) => {
    throw new Error(`No broker answers at ${page.href}. Start it, or give its address with --url.`, { cause: error });
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`The broker at ${page.href} answered ${response.status}: ${text}`);
  process.stdout.write(text);
}

/** Long enough for one request. */
const FIVE_MINUTES = 300_000;

function authorize(origin: string, key: string): string {
  const at = key.indexOf('=');
  if (at < 1) throw new Error('--key must be name=value, such as RootManageSharedAccessKey=SAS_KEY_VALUE.');
  return createSasToken(`${origin}/`, key.slice(0, at), key.slice(at + 1), Date.now() + FIVE_MINUTES);
}
