import type { SqlTransaction } from '@orderflow/messaging/postgres';
import type { Finding } from './finding.js';

/** Looks in a row that have to see that all is well before an alert ends: a value at its threshold ends none. */
const looksToRecover = 2;

/** The body of a notice, from a row of `ops_alerts`. */
const bodyOf = (what: string) =>
  `jsonb_build_object('type', 'alert.${what}', 'timestamp', now(), 'data', jsonb_strip_nulls(jsonb_build_object(
     'id', id, 'queue', queue, 'kind', kind, 'value', value, 'threshold', threshold, 'detail', detail, 'since', since,
     'recoveredAt', recovered_at)))`;

/**
 * Records one look at everything that is watched: begins and ends alerts, and writes beside each what has to be told. In
 * one transaction, so that no alert is without its notice however the process ends. What is not known changes nothing;
 * what is not watched any more ends.
 */
export async function recordLook(tx: SqlTransaction, findings: readonly Finding[]): Promise<void> {
  const fingerprint = ({ kind, queue }: Finding) => `${kind} ${queue}`;
  const known = findings.flatMap((finding) =>
    finding.value === undefined ? [] : [{ ...finding, value: finding.value }],
  );
  const above = known.filter(({ value, threshold }) => value > threshold);
  const below = known.filter(({ value, threshold }) => value <= threshold);
  await begin(tx, above);
  await end(tx, { below: below.map(fingerprint), watched: findings.map(fingerprint) });
}

/** An alert that begins while an earlier one of its kind is muted is muted for as long. */
async function begin(tx: SqlTransaction, above: readonly (Finding & { readonly value: number })[]): Promise<void> {
  await tx.query(
    `WITH seen AS (
       INSERT INTO ops_alerts AS alert (queue, kind, value, threshold, detail, muted_until)
       SELECT queue, kind, value, threshold, detail,
         (SELECT max(muted_until) FROM ops_alerts muted
          WHERE muted.fingerprint = finding.kind || ' ' || finding.queue AND muted_until > now())
       FROM unnest($1::text[], $2::text[], $3::float8[], $4::float8[], $5::text[])
         AS finding (queue, kind, value, threshold, detail)
       ON CONFLICT (fingerprint) WHERE recovered_at IS NULL DO UPDATE
         SET value = excluded.value, threshold = excluded.threshold, detail = excluded.detail, last_seen = now(),
           looks_without = 0
       RETURNING alert.*)
     INSERT INTO ops_notices (alert_id, what, body) SELECT id, 'opened', ${bodyOf('opened')} FROM seen
     ON CONFLICT (alert_id, what) DO NOTHING`,
    [
      above.map(({ queue }) => queue),
      above.map(({ kind }) => kind),
      above.map(({ value }) => value),
      above.map(({ threshold }) => threshold),
      above.map(({ detail }) => detail.toWellFormed().replaceAll('\u0000', '\uFFFD').slice(0, 1_000)),
    ],
  );
}

/** Of an alert that began and ended while it was muted nobody is told. */
async function end(
  tx: SqlTransaction,
  { below, watched }: { readonly below: readonly string[]; readonly watched: readonly string[] },
): Promise<void> {
  await tx.query(
    `WITH looked AS (
       UPDATE ops_alerts SET looks_without = looks_without + 1,
         recovered_at = CASE WHEN looks_without + 1 >= $3 OR NOT fingerprint = ANY ($2) THEN now() END
       WHERE recovered_at IS NULL AND (fingerprint = ANY ($1) OR NOT fingerprint = ANY ($2))
       RETURNING *),
     untold AS (
       DELETE FROM ops_notices USING looked
       WHERE alert_id = looked.id AND recovered_at IS NOT NULL AND muted_until > now() AND logged_at IS NULL
       RETURNING alert_id)
     INSERT INTO ops_notices (alert_id, what, body) SELECT id, 'recovered', ${bodyOf('recovered')} FROM looked
     WHERE recovered_at IS NOT NULL AND NOT EXISTS (SELECT FROM untold WHERE alert_id = looked.id)`,
    [below, watched, looksToRecover],
  );
}
