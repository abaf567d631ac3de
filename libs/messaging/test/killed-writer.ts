import pg from 'pg';
import { createPostgresMessaging } from '../src/postgres/postgres-messaging.js';
import { outgoing } from '../src/testing/outgoing.js';

/**
 * A process that commits a message and is killed before it wakes anybody: the kill is the first thing that is woken, before
 * the relay of this process.
 */
const pool = new pg.Pool({ connectionString: process.argv[2] });
const messaging = createPostgresMessaging({ pool });
messaging.onWake(() => process.kill(process.pid, 'SIGKILL'));
await messaging.transaction((tx) => messaging.outbox.add(tx, [outgoing('orphan')]));
