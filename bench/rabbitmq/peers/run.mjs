/** Runs one library once: `node run.mjs LIBRARY consume|publish URL QUEUE COUNT`; prints what it measured as JSON. */
const [library, what, url, queue, count] = process.argv.slice(2);
const peer = await import(`./${library}.mjs`);
const result = await peer[what](url, queue, Number(count));
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
