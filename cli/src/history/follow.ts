/** Live events without a gap: a connection that breaks is made again, from the last event that arrived. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Api } from '../api/api.ts';
import { parseReply } from '../api/http.ts';
import { serverSentEvents } from '../api/lines.ts';
import { CliFailure, EXIT } from '../failure.ts';
import { FeedEvent } from './replies.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** The hub sends a sign of life every few seconds; a connection that is silent for longer is dead, though nobody told us. */
const SILENCE_MS = 60_000;

type Following = { readonly after: string; readonly note: (line: string) => void };

async function* livelyBytes(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const timer = setTimeout(() => void reader.cancel(), SILENCE_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

const isPassing = (error: unknown): boolean => !(error instanceof CliFailure) || error.exit === EXIT.unavailable;

/** Ends only when we are not let in any more; the hub ends a stream when its token does. */
export async function* followLive(api: Api, { after, note }: Following): AsyncGenerator<FeedEvent> {
  let [last, pauseMs, isBroken] = [after, FIRST_PAUSE_MS, false];
  for (;;) {
    try {
      const { body } = await api.send({ path: '/api/events/stream', headers: { accept: 'text/event-stream', 'last-event-id': last } });
      if (!body) return;
      [pauseMs, isBroken] = [FIRST_PAUSE_MS, false];
      for await (const { id, data } of serverSentEvents(livelyBytes(body))) {
        yield parseReply(FeedEvent, data, '/api/events/stream');
        last = id ?? last;
      }
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (!isBroken) note(`citrus: the connection to ${api.url} is broken; trying again until it is back`);
      isBroken = true;
    }
    await pause(pauseMs);
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
  }
}
