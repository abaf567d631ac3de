import { Server } from '@nestjs/microservices';

/** A transport that is only there to be started and closed. */
export class Strategy extends Server {
  readonly calls: string[] = [];
  /** @param begin what its start takes */
  constructor(readonly begin: () => Promise<void> | void = () => {}) {
    super();
  }
  listen(callback: (error?: unknown) => void): void {
    this.calls.push('listen');
    (async () => this.begin())().then(() => callback(), callback);
  }
  close(): void {
    this.calls.push('close');
  }
  on(): void {}
  unwrap(): never {
    throw new Error('There is nothing inside.');
  }
}
