/** A word that was replaced, and where it must not come back. */
export interface GoneWord {
  /** An identifier, or a part of one in any capitals. */
  readonly word: string;
  /** The folders it is gone from, relative to the root. */
  readonly from: readonly string[];
  /** What the same thing is called now. */
  readonly now: string;
}

const broker = 'libs/servicebus-emulator/src';
const entities = `${broker}/entities`;
const store = `${broker}/store`;

export const goneWords: readonly GoneWord[] = [
  { word: 'timeline', from: [broker], now: 'timer queue' },
  { word: 'onDue', from: [broker], now: 'fire' },
  { word: 'journey', from: [entities], now: 'routed message' },
  { word: 'family', from: [entities], now: 'sub-queues, or source' },
  { word: 'bury', from: [entities], now: 'add to dead letters' },
  { word: 'retract', from: [broker], now: 'roll back' },
  { word: 'underway', from: [entities], now: 'uncommitted' },
  { word: 'replay', from: [broker], now: 'recovery' },
  { word: 'life', from: [entities], now: 'lifecycle' },
  { word: 'waiter', from: [broker], now: 'waiting receiver' },
  { word: 'waiters', from: [broker], now: 'waiting receivers' },
  { word: 'note', from: [entities], now: 'record' },
  { word: 'frame', from: [store], now: 'record' },
  { word: 'roomAhead', from: [broker], now: 'preallocation' },
  { word: 'spaceWatch', from: [broker], now: 'disk space monitor' },
  { word: 'traffic', from: [broker], now: 'event tap' },
  { word: 'whenSafe', from: [broker], now: 'when durable' },
  { word: 'faces', from: [broker], now: 'listeners' },
  { word: 'sharedPort', from: [broker], now: 'multiplexed port' },
  { word: 'heard', from: [broker], now: 'loopback delivered' },
];
