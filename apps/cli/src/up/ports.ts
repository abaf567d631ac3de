import { CommandError } from '../command-error.js';
import type { PortWish } from '../services.js';
import { listenOnce } from '../ports/free-port.js';
import { claimPort, type PortClaim } from '../ports/port-claim.js';

interface Chosen {
  readonly wish: PortWish;
  readonly port: number;
  /** Asked for in the environment: no other one will do. */
  readonly isExplicit: boolean;
  /** Absent for a port that was asked for and that another start has an eye on: whoever listens first has it. */
  readonly claim: PortClaim | undefined;
}

/** The ports of one start. They stay claimed until they are released, also while a process is started again. */
export class Ports {
  readonly #host: string;
  readonly #wishes: readonly PortWish[];
  readonly #chosen = new Map<string, Chosen>();

  private constructor(wishes: readonly PortWish[], host: string) {
    this.#wishes = wishes;
    this.#host = host;
  }

  /**
   * Gives each wish a port that is free on its host and that no other start has claimed. A usual port that is taken is
   * replaced by the next free one, and `note` gets a line for each; one that was asked for in the environment
   * is not: then this throws a {@link CommandError} that names all of them.
   */
  static async choose(
    wishes: readonly PortWish[],
    environment: Readonly<Record<string, string | undefined>>,
    host: string,
    note: (line: string) => void,
  ): Promise<Ports> {
    const ports = new Ports(wishes, host);
    try {
      await ports.#takeExplicit(environment);
      for (const wish of wishes) {
        if (ports.#chosen.has(wish.name)) continue;
        const port = await ports.#takeNext(wish, wish.port);
        if (port !== wish.port) note(`Port ${wish.port} is taken: ${wish.name} uses ${port} ${howToChange(wish)}.`);
      }
      return ports;
    } catch (error) {
      ports.release();
      throw error;
    }
  }

  /** The port of a wish, by its name. */
  of(name: string): number {
    const chosen = this.#chosen.get(name);
    if (chosen === undefined) throw new Error(`No port was chosen for ${name}.`);
    return chosen.port;
  }

  /** All of them by name. */
  get all(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#chosen].map(([name, { port }]) => [name, port]));
  }

  /**
   * For a process that ended before it was ready: where somebody else listens on one of its ports by now, it gets the
   * next free one, and `note` gets a line.
   *
   * @throws CommandError when that port was asked for in the environment
   */
  async replaceTaken(names: readonly string[], note: (line: string) => void): Promise<void> {
    for (const name of names) {
      const chosen = this.#chosen.get(name);
      if (chosen === undefined || (await isFree(chosen.port, this.#hostOf(chosen.wish)))) continue;
      const { wish, port: taken, isExplicit, claim } = chosen;
      if (isExplicit) {
        const advice = 'Stop what listens there, name another port, or leave the variable out.';
        throw new CommandError(`${wish.variable}=${taken} was taken by somebody else meanwhile. ${advice}`);
      }
      claim?.release();
      const port = await this.#takeNext(wish, taken + 1);
      note(`Port ${taken} was taken by somebody else meanwhile: ${name} uses ${port} ${howToChange(wish)}.`);
    }
  }

  /** Gives up all claims. */
  release(): void {
    for (const { claim } of this.#chosen.values()) claim?.release();
    this.#chosen.clear();
  }

  async #takeExplicit(environment: Readonly<Record<string, string | undefined>>): Promise<void> {
    const problems: string[] = [];
    for (const wish of this.#wishes) {
      const written = environment[wish.variable] ?? '';
      if (written === '') continue;
      const port = portNumber(written);
      if (port === undefined) problems.push(`${wish.variable}=${written} is no port (1 to 65535)`);
      else if (this.#isOurs(port)) problems.push(`${wish.variable}=${port} is given twice`);
      else if (!(await this.#takeAskedFor(wish, port))) problems.push(`${wish.variable}=${port} is taken`);
    }
    if (problems.length > 0) throw new CommandError(`Cannot use the ports asked for: ${problems.join('; ')}.`);
  }

  async #takeAskedFor(wish: PortWish, port: number): Promise<boolean> {
    const claim = await claimPort(port);
    if (await isFree(port, this.#hostOf(wish))) {
      this.#chosen.set(wish.name, { wish, port, isExplicit: true, claim });
      return true;
    }
    claim?.release();
    return false;
  }

  /** Claims the first free port from `first` on that none of the others wants. */
  async #takeNext(wish: PortWish, first: number): Promise<number> {
    const wanted = new Set(this.#wishes.filter((one) => one !== wish).map((one) => one.port));
    for (let port = first; port <= 65_535; port += 1) {
      if (wanted.has(port) || this.#isOurs(port)) continue;
      const claim = await claimPort(port);
      if (claim === undefined) continue;
      if (await isFree(port, this.#hostOf(wish))) {
        this.#chosen.set(wish.name, { wish, port, isExplicit: false, claim });
        return port;
      }
      claim.release();
    }
    throw new CommandError(`No port from ${first} on is free for ${wish.name}.`);
  }

  #isOurs(port: number): boolean {
    return [...this.#chosen.values()].some((chosen) => chosen.port === port);
  }

  #hostOf({ host }: PortWish): string {
    return host ?? this.#host;
  }
}

function howToChange({ variable }: PortWish): string {
  return `(${variable} sets another)`;
}

function portNumber(written: string): number | undefined {
  const port = Number(written);
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : undefined;
}

async function isFree(port: number, host: string): Promise<boolean> {
  try {
    await listenOnce(port, host);
    return true;
  } catch (error) {
    if (['EADDRINUSE', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
