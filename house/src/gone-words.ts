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
const messaging = ['libs/messaging'];

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
  { word: 'attachment', from: messaging, now: 'receiver connection' },
  { word: 'bury', from: messaging, now: 'set aside' },
  { word: 'client-lease', from: messaging, now: 'managed client' },
  { word: 'drain-round', from: messaging, now: 'batch result' },
  { word: 'held-delivery', from: messaging, now: 'received delivery' },
  { word: 'identify', from: messaging, now: 'ids from body' },
  { word: 'immediately', from: messaging, now: 'immediate attempts' },
  { word: 'kick', from: messaging, now: 'wake' },
  { word: 'lane', from: messaging, now: 'relay worker' },
  { word: 'lock-keeper', from: messaging, now: 'lock renewer' },
  { word: 'patience', from: messaging, now: 'drain timeout' },
  { word: 'tcp-relay', from: messaging, now: 'TCP proxy' },
  { word: 'tell', from: messaging, now: 'what it does: report, notify, resolve' },
  { word: 'told', from: messaging, now: 'what it is: reported, seen' },
  { word: 'token-lease', from: messaging, now: 'tracked credential' },
  { word: 'wire', from: messaging, now: 'native message' },
  { word: 'parcel', from: ['apps/cli'], now: 'sample message' },
  { word: 'told', from: ['apps', 'libs/service-kit', 'libs/http-guard'], now: 'reported, asked or called' },
  {
    word: 'patience',
    from: ['apps', 'libs/service-kit/src/postgres', 'libs/service-kit/src/testing'],
    now: 'wait timeout',
  },
  { word: 'kept-hours', from: ['apps/order-api'], now: 'retention hours' },
  { word: 'stored-answers', from: ['apps/order-api'], now: 'idempotency store' },
  { word: 'order-commands', from: ['apps/order-api'], now: 'order command outbox' },
  { word: 'key-purger', from: ['apps/order-api'], now: 'purge' },
  { word: 'ask-once', from: ['libs/service-kit'], now: 'single flight' },
  { word: 'doorkeepers', from: ['libs/service-kit'], now: 'surroundings' },
];
