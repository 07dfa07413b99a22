/** The hub as the signed-in person sees it. */
import type { z } from 'zod';
import { CliFailure, EXIT } from '../failure.ts';
import { chosenProject } from '../session/chosen-project.ts';
import { placesOf } from '../session/places.ts';
import { openSession, type Session } from '../session/session.ts';
import { tokenSession } from '../session/token-session.ts';
import { createHttp, unreachable, type Call, type Http } from './http.ts';
import { linesOf } from './lines.ts';

export type Api = Http & {
  readonly email: string;
  /** An answer of NDJSON, a line at a time. */
  readonly lines: (call: Call) => AsyncGenerator<string>;
};

/** What makes another way in needs a session that is young. */
const isTooOld = (error: unknown): boolean => error instanceof CliFailure && error.code === 'session.not_recent';
const isSignedOut = (error: unknown): boolean => error instanceof CliFailure && error.exit === EXIT.signedOut;

/** Calls that are about one project; the hub cannot guess it for somebody in several. */
const OF_A_PROJECT = /^\/api\/(?:servers|groups|reconcile|clouds|quota|jobs|runs|schedules|webhooks|apps|bundles\/plan|installed-bundles|members|invitations|service-accounts|audit|agents(?:\/(?:trust|revoke|ping|upgrade|labels))?)(?=\/|$)/;

const OF_THE_INSTALLATION = /^\/api\/(?:audit|reconcile)\/installation(?=\/|$)/;

const isOpen = (call: Call): boolean => OF_A_PROJECT.test(call.path) && !OF_THE_INSTALLATION.test(call.path) && !(call.body && 'projectId' in call.body) && call.query?.['projectId'] === undefined;

/** The call, about this project unless it says which one or is about none. */
export const inProject = (call: Call, projectId: string | undefined): Call => (projectId === undefined || !isOpen(call) ? call : { ...call, query: { ...call.query, projectId } });

/** @param projectId what calls are about that do not say it themselves */
export const apiOf = (session: Session, http: Http, projectId?: string): Api => {
  const withToken = (call: Call, token: string): Call => ({ ...inProject(call, projectId), headers: { ...call.headers, authorization: `Bearer ${token}` } });
  /** A token that the hub refuses may have been replaced while we held it; once is worth another try. */
  const authorised = async <T>(call: Call, ask: (call: Call) => Promise<T>): Promise<T> => {
    const token = await session.accessToken();
    try {
      return await ask(withToken(call, token));
    } catch (error) {
      if (isTooOld(error) && session.begunAnew) return ask(withToken(call, await session.begunAnew()));
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
  const places = placesOf();
  const session = tokenSession(places) ?? openSession(places, createHttp);
  return apiOf(session, createHttp(session.url), chosenProject(places, session));
};
