import { readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { AdvancingClock } from '../../src/testing/advancing-clock.js';
import { type Strike, type Struck, strikePipe, type WorkerSettings } from './protocol.js';

interface Striker {
  /**
   * Returns when the fault is done: until then nothing else of the process runs, so that the fault falls between two of
   * its steps and not somewhere near them.
   */
  strike(strike: Strike): void;
  /** Resets every connection to the broker. */
  cut(): void;
}

/** What does the faults inside a worker. */
export function createStriker(settings: WorkerSettings, clock: AdvancingClock): Striker {
  const sockets = trackSockets();
  const broker = Number(/:(\d+)/.exec(settings.connectionString)?.[1]);
  const database = Number(new URL(settings.databaseUrl).port);
  const reset = (port: number): void => {
    for (const socket of sockets) if (socket.remotePort === port) socket.destroy(connectionReset());
  };
  const strike = ({ fault, moment }: Strike): void => {
    // An answer that the other side has sent already must not be read any more: its outcome is unknown.
    if (fault === 'database-gone' && moment === 'during') reset(database);
    if (fault === 'cut') reset(broker);
    writeSync(strikePipe, 'struck\n');
    if (fault === 'kill') endNow();
    if (fault === 'freeze') process.kill(process.pid, 'SIGSTOP');
    const { aheadMs } = JSON.parse(readLine()) as Struck;
    if (aheadMs > 0) clock.jump(aheadMs);
  };
  return { strike, cut: () => reset(broker) };
}

/** Every connection that this process opens from now on, while it is open. */
function trackSockets(): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  const { connect } = Socket.prototype;
  Socket.prototype.connect = function (this: Socket, ...args: Parameters<typeof connect>) {
    sockets.add(this);
    this.once('close', () => sockets.delete(this));
    return connect.apply(this, args);
  } as typeof connect;
  return sockets;
}

function connectionReset(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
}

function endNow(): never {
  process.kill(process.pid, 'SIGKILL');
  // Not one instruction more, even when the signal takes a moment.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function readLine(): string {
  const byte = Buffer.alloc(1);
  let line = '';
  for (;;) {
    readSync(strikePipe, byte);
    if (byte[0] === 10) return line;
    line += byte.toString('latin1');
  }
}
