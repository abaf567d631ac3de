// Makes the virtual host, the users with their least rights, and the policies of production, through RabbitMQ's management
// interface; what is there already is brought up to date, nothing is removed:
//   RABBITMQ_MANAGEMENT_URL=https://admin:PASSWORD@host:15671 node set-up.mjs VHOST DIRECTORY
// DIRECTORY has a file with the password of each user, or gets one, that only its owner can read.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { policies, users } from './rights.mjs';

/**
 * @param management where the interface is, and with which user: `https://admin:PASSWORD@host:15671`
 * @param prefix what the users' names begin with; nothing when absent
 * @throws Error with RabbitMQ's answer when it refuses
 */
export async function setUp({ management, virtualHost, passwordOf, prefix = '' }) {
  const call = callerOf(management);
  const host = encodeURIComponent(virtualHost);
  await call('PUT', `vhosts/${host}`, {});
  for (const { name, tags, ...rights } of users) {
    const user = `${prefix}${name}`;
    await call('PUT', `users/${user}`, { password: passwordOf(name), tags });
    await call('PUT', `permissions/${host}/${user}`, rights);
  }
  for (const { name, ...policy } of policies) await call('PUT', `policies/${host}/${name}`, policy);
}

function callerOf(management) {
  const { username, password, origin } = new URL(management);
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  return async (method, path, body) => {
    const response = await fetch(`${origin}/api/${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify(body),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`RabbitMQ answered ${response.status} to ${method} ${path}: ${answer}`);
  };
}

/** Reads the password of a user from its file, or makes both. */
export function passwordsIn(directory) {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return (name) => {
    const file = join(directory, name);
    if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
    return readFileSync(file, 'utf8').trimEnd();
  };
}

if (import.meta.main) {
  const [virtualHost, directory] = process.argv.slice(2);
  const management = process.env.RABBITMQ_MANAGEMENT_URL;
  if (!directory || !management) {
    console.error('Say: RABBITMQ_MANAGEMENT_URL=https://admin:PASSWORD@host:15671 node set-up.mjs VHOST DIRECTORY');
    process.exit(2);
  }
  await setUp({ management, virtualHost, passwordOf: passwordsIn(directory) });
  console.log(`The virtual host ${virtualHost} has ${users.length} users and ${policies.length} policies.`);
}
