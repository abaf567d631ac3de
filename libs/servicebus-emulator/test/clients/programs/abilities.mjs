// What every client in JavaScript says of itself: a line of JSON for each ability that it was asked to show.
const { env } = process;

export const transport = process.argv[2];
export const broker = {
  host: env.BROKER_HOST,
  port: Number(env.BROKER_PORT),
  keyName: env.BROKER_KEY_NAME,
  key: env.BROKER_KEY,
  queue: env.BROKER_QUEUE,
  sessions: env.BROKER_SESSIONS,
  topic: env.BROKER_TOPIC,
  subscription: env.BROKER_SUBSCRIPTION,
};

/** Runs the functions by the names of the abilities they show; one that fails does not keep the others from it. */
export async function show(abilities) {
  for (const [ability, attempt] of Object.entries(abilities)) {
    try {
      await attempt();
      console.log(JSON.stringify({ ability }));
    } catch (error) {
      console.log(JSON.stringify({ ability, error: String(error?.message ?? error).slice(0, 300) }));
    }
  }
}
