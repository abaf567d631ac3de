import pg from 'pg';

/** How many of a hundred transactions of a handler fail: half of them before its effect, half at their commit. */
const failing = 5;

const failNowAndThen = `
CREATE FUNCTION fail_now_and_then() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF random() * 200 < ${failing} THEN RAISE EXCEPTION 'It fails now and then.'; END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER fails_at_once AFTER INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION fail_now_and_then();
CREATE CONSTRAINT TRIGGER fails_at_commit AFTER INSERT ON inbox DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION fail_now_and_then();`;

/** Makes a database refuse what handlers write now and then, by an error that says nothing against their message. */
export async function letHandlersFail(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(failNowAndThen);
  } finally {
    await client.end();
  }
}
