/** The hub as the signed-in person sees it. */
import type { z } from 'zod';
import { CliFailure, EXIT } from '../failure.ts';
import { openSession, type Session } from '../session/session.ts';
import { placesOf } from '../session/places.ts';
import { createHttp, unreachable, type Call, type Http } from './http.ts';
import { linesOf } from './lines.ts';

export type Api = Http & {
  readonly email: string;
  /** An answer of NDJSON, a line at a time. */
  readonly lines: (call: Call) => AsyncGenerator<string>;
};

const isSignedOut = (error: unknown): boolean => error instanceof CliFailure && error.exit === EXIT.signedOut;

export const apiOf = (session: Session, http: Http): Api => {
  const withToken = (call: Call, token: string): Call => ({ ...call, headers: { ...call.headers, authorization: `Bearer ${token}` } });
  /** A token that the hub refuses may have been replaced while we held it; once is worth another try. */
  const authorised = async <T>(call: Call, ask: (call: Call) => Promise<T>): Promise<T> => {
    const token = await session.accessToken();
    try {
      return await ask(withToken(call, token));
    } catch (error) {
      if (!isSignedOut(error)) throw error;
      return ask(withToken(call, await session.accessToken(token)));
    }
  };
  const send = (call: Call) => authorised(call, http.send);
  return {
    url: http.url,
    email: session.email,
    send,
    json: <Schema extends z.ZodType>(call: Call, reply: Schema) => authorised(call, (authorisedCall) => http.json(authorisedCall, reply)),
    lines: async function* (call) {
      const { body } = await send({ ...call, headers: { accept: 'application/x-ndjson', ...call.headers } });
      if (!body) return;
      try {
        yield* linesOf(body);
      } catch (error) {
        throw unreachable(http.url, error);
      }
    },
  };
};

/** @throws CliFailure when nobody is signed in */
export const openApi = (): Api => {
  const session = openSession(placesOf(), createHttp);
  return apiOf(session, createHttp(session.url));
};
