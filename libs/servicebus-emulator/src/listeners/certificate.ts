import { isIP } from 'node:net';

/** A server's certificate with its key, both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const YEAR = 365 * 24 * 3_600_000;

/**
 * Makes a certificate that signs itself, for this machine and `host`, valid for a year. Clients trust it when
 * `NODE_EXTRA_CA_CERTS` names a file with it.
 */
export async function generateCertificate(host: string): Promise<Certificate> {
  // Takes longer to load than the broker to start, and hardly anybody needs it.
  const { generate } = await import('selfsigned');
  const names = [...new Set(['localhost', '127.0.0.1', '::1', host])];
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + YEAR),
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) =>
          isIP(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name },
        ),
      },
    ],
  });
  return { cert, key };
}
