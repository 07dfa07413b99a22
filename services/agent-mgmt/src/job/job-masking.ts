/**
 * What agents say about a job, without the job's secrets: the second masking, in case an agent did not do the first
 * (ADR 0013). Opened secrets stay in memory only as long as their job is talked about.
 */
import { createMasking, type Masking } from '@citrus/kit-crypto';
import type { JobHandler } from './job.handler.ts';
import type { JobSecrets } from './job-secrets.ts';

/** The text to keep, and whether a secret was in it. */
export type Masked = { readonly text: string; readonly isMasked: boolean };
export type MaskPieces = <Piece extends { readonly text: string; readonly progress?: { readonly percent: number; readonly text: string } | undefined }>(jobId: string, pieces: readonly Piece[]) => Promise<{ readonly pieces: Piece[]; readonly isMasked: boolean }>;

const MOST_JOBS = 500;
const KEPT_MS = 10 * 60_000;

type Entry = { readonly masking: Promise<Masking>; readonly until: number };

export class JobMasking {
  readonly #entries = new Map<string, Entry>();

  constructor(
    private readonly handler: JobHandler,
    private readonly secrets: JobSecrets,
  ) {}

  async mask(jobId: string, text: string): Promise<Masked> {
    const masked = (await this.#of(jobId)).mask(text);
    return { text: masked, isMasked: masked !== text };
  }

  /** Pieces that come together and follow each other are masked as one text; what each becomes stays its own. */
  pieces: MaskPieces = async (jobId, pieces) => {
    const masking = await this.#of(jobId);
    let isMasked = false;
    const stream = masking.stream();
    const texts = pieces.map(({ text }) => stream.push(text));
    if (texts.length > 0) texts[texts.length - 1] += stream.end();
    const masked = pieces.map((piece, index) => {
      const progress = piece.progress && { ...piece.progress, text: masking.mask(piece.progress.text) };
      const text = texts[index] ?? '';
      isMasked ||= progress?.text !== piece.progress?.text;
      return { ...piece, text, ...(progress && { progress }) };
    });
    const isWhole = texts.join('') === pieces.map(({ text }) => text).join('');
    // What only moved from one piece to the next stays where it was.
    return isWhole && !isMasked ? { pieces: [...pieces], isMasked: false } : { pieces: masked, isMasked: true };
  };

  #of(jobId: string): Promise<Masking> {
    const now = performance.now();
    const known = this.#entries.get(jobId);
    if (known && known.until > now) return known.masking;
    const masking = this.#open(jobId).catch((error: unknown) => {
      this.#entries.delete(jobId);
      throw error;
    });
    this.#entries.delete(jobId);
    this.#entries.set(jobId, { masking, until: now + KEPT_MS });
    for (const [other, { until }] of this.#entries) if (until <= now || this.#entries.size > MOST_JOBS) this.#entries.delete(other);
    return masking;
  }

  async #open(jobId: string): Promise<Masking> {
    const state = await this.handler.load(jobId);
    // Not yet in the log: what is known later must not be taken for what is known now.
    if (state.status === 'unknown') this.#entries.delete(jobId);
    const secrets = state.status === 'unknown' ? undefined : await this.secrets.openIfKept(jobId, state.job.sealedInputs);
    return createMasking(Object.values(secrets ?? {}).filter((value) => typeof value !== 'boolean').map(String));
  }
}
