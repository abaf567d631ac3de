import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ComputedValues } from './provider/plan.ts';
import { type SchemaOnlyProvider, startProvider } from './provider/server.ts';

export interface TerraformResult {
  readonly code: number | null;
  readonly stdout: string;
  /** Everything printed, for messages of failed expectations. */
  readonly output: string;
}

/**
 * The real Terraform, attached to the schema-only provider: nothing is downloaded, no Azure is called, and the working
 * tree stays clean (its data directories are temporary).
 */
export class Terraform {
  readonly #provider: SchemaOnlyProvider;
  readonly #scratch: string;

  private constructor(provider: SchemaOnlyProvider) {
    this.#provider = provider;
    this.#scratch = mkdtempSync(join(tmpdir(), 'orderflow-terraform-'));
    writeFileSync(join(this.#scratch, 'cli.tfrc'), 'disable_checkpoint = true\n');
  }

  /** With `named` computed values a plan shows who is granted what; `unknown`, the default, is what azurerm plans. */
  static async start(computed: ComputedValues = 'unknown'): Promise<Terraform> {
    return new Terraform(await startProvider(computed));
  }

  /** Runs one Terraform command in a directory of configuration. */
  run(directory: string, ...args: readonly string[]): Promise<TerraformResult> {
    const child = spawn(process.env['TERRAFORM_BIN'] ?? 'terraform', args, {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: this.#scratch,
        TF_REATTACH_PROVIDERS: this.#provider.reattach,
        TF_CLI_CONFIG_FILE: join(this.#scratch, 'cli.tfrc'),
        TF_DATA_DIR: join(this.#scratch, encodeURIComponent(directory)),
        TF_IN_AUTOMATION: '1',
        CHECKPOINT_DISABLE: '1',
      },
    });
    const stdout: string[] = [];
    const output: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout.push(text);
      output.push(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => output.push(text));
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, stdout: stdout.join(''), output: output.join('') }));
    });
  }

  async close(): Promise<void> {
    await this.#provider.close();
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}
