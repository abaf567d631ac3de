import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Certificate, generateCertificate } from './certificate.js';

export interface CertificateFiles extends Certificate {
  /** The file with the certificate, which clients must trust. */
  readonly file: string;
}

/**
 * Reads `cert.pem` and `key.pem` of a directory, and makes them when there is neither.
 * @throws when only one of them is there, or they cannot be read or written
 */
export async function openCertificate(directory: string, host: string): Promise<CertificateFiles> {
  const file = resolve(directory, 'cert.pem');
  const keyFile = join(directory, 'key.pem');
  const [cert, key] = await Promise.all([readIfThere(file), readIfThere(keyFile)]);
  if (cert !== undefined && key !== undefined) return { cert, key, file };
  if (cert !== undefined || key !== undefined) {
    throw new Error(`${cert === undefined ? file : keyFile} is missing: a certificate consists of both files.`);
  }
  const made = await generateCertificate(host);
  await mkdir(directory, { recursive: true });
  await writeFile(keyFile, made.key, { mode: 0o600 });
  await writeFile(file, made.cert);
  return { ...made, file };
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
