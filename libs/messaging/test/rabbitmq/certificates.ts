import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The paths of a certificate and its key; PEM. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** An authority of our own in a folder, for a day. */
export class Authority {
  readonly #folder: string;
  readonly #own: CertificateFiles;

  constructor(folder: string) {
    this.#folder = folder;
    this.#own = this.#files('ca');
    const { cert, key } = this.#own;
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '1',
      '-subj',
      '/CN=test',
      '-keyout',
      key,
      '-out',
      cert,
    );
  }

  /** What others have to trust. */
  get path(): string {
    return this.#own.cert;
  }

  get pem(): string {
    return readFileSync(this.path, 'utf8');
  }

  /** A certificate for `localhost` and 127.0.0.1, signed by this authority. */
  issue(name: string): CertificateFiles {
    const [{ cert, key }, request, extensions] = [this.#files(name), this.#path(`${name}.csr`), this.#path('names')];
    writeFileSync(extensions, 'subjectAltName = DNS:localhost, IP:127.0.0.1\n');
    openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-keyout', key, '-out', request);
    const signed = ['-CA', this.#own.cert, '-CAkey', this.#own.key, '-CAcreateserial', '-extfile', extensions];
    openssl('x509', '-req', '-days', '1', '-in', request, '-out', cert, ...signed);
    return { cert, key };
  }

  #files(name: string): CertificateFiles {
    return { cert: this.#path(`${name}.pem`), key: this.#path(`${name}.key`) };
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

function openssl(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args[0]} ended with ${status}: ${stderr}`);
}
