/** Prints a running broker's topology. @throws an error that says that there is no broker */
export async function exportTopology(url: string): Promise<void> {
  const page = new URL('/topology', url);
  const response = await fetch(page).catch((error: unknown) => {
    throw new Error(`No broker answers at ${page.href}. Start it, or give its address with --url.`, { cause: error });
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`The broker at ${page.href} answered ${response.status}: ${text}`);
  process.stdout.write(text);
}
