import { Refusal } from '@citrus/kit-domain';

/** Somebody else appended to the stream meanwhile; reading it again and deciding anew may succeed. */
export class StreamChanged extends Refusal {
  constructor(readonly stream: string) {
    super('stream.changed', `${stream} was changed meanwhile. Read it again and repeat what you did.`);
  }
}

/** The stream's last events were appended before; this will never be taken. */
export class StreamArchived extends Refusal {
  constructor(readonly stream: string) {
    super('stream.archived', `${stream} is closed. It can be read, but nothing can happen to it any more.`);
  }
}

/** True when the connection broke or could not be made: what was asked may or may not have happened. */
export const isConnectionLoss = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  // pg reports a broken connection as a plain Error without a code, the socket as one with a code like ECONNRESET.
  if (!('code' in error)) return error.constructor === Error;
  const code = String(error.code);
  // SQLSTATE classes 08 (connection), 53 (no resources), 57P (shutdown).
  return !/^[0-9A-Z]{5}$/.test(code) || /^(08|53|57P)/.test(code);
};
