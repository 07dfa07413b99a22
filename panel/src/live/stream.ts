/**
 * A live stream over fetch instead of EventSource, for three things EventSource cannot do: see the hub's heartbeat (and
 * so notice a line that is silently dead), continue after the last message when the hub answered 503 in between, and
 * see that nobody is signed in any more.
 */
import { renewSession } from '../api/renewal.ts';
import { addressIn } from '../api/scope.ts';
import { me } from '../session/me.ts';
import { projectId } from '../session/project.ts';
import { initialConnection, isFinal, nextConnection, retryDelayMs, type Connection, type ConnectionStep } from './connection.ts';
import { createSseParser, type SseMessage } from './sse-parser.ts';

/** The hub sends something at least every ten seconds. */
const SILENCE_MS = 25_000;

type StreamOptions = {
  readonly path: string;
  readonly onMessage: (message: SseMessage) => void;
  readonly onChange?: (connection: Connection) => void;
  /** Asked when the hub closes the stream: was everything said? */
  readonly isComplete?: () => boolean;
};

export type Stream = { close(): void };

const readAll = async (response: Response, onBytes: (text: string) => void): Promise<void> => {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) onBytes(piece.value);
};

export const openStream = ({ path, onMessage, onChange, isComplete }: StreamOptions): Stream => {
  let connection = initialConnection();
  let request = new AbortController();
  let wake = (): void => {};

  const step = (next: ConnectionStep): void => {
    const before = connection;
    connection = nextConnection(connection, next);
    if (connection.phase !== before.phase || connection.failures !== before.failures) onChange?.(connection);
  };

  const connect = async (): Promise<void> => {
    request = new AbortController();
    const { signal } = request;
    let watchdog = setTimeout(() => request.abort(), SILENCE_MS);
    const parser = createSseParser((message) => {
      step({ type: 'received', id: message.id });
      onMessage(message);
    });
    try {
      const headers: Record<string, string> = { accept: 'text/event-stream' };
      if (connection.lastId !== '') headers['last-event-id'] = connection.lastId;
      const response = await fetch(addressIn(projectId.value, path), { headers, credentials: 'same-origin', cache: 'no-store', signal });
      if (response.status === 401 && (await renewSession())) return step({ type: 'lost' });
      if (response.status === 401) me.value = null;
      if (isFinal(response.status) || response.status === 204) return step({ type: 'ended' });
      if (!response.ok) return step({ type: 'lost' });
      step({ type: 'opened' });
      await readAll(response, (text) => {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => request.abort(), SILENCE_MS);
        if (!signal.aborted) parser.push(text);
      });
      step({ type: isComplete?.() ? 'ended' : 'lost' });
    } catch {
      step({ type: 'lost' });
    } finally {
      clearTimeout(watchdog);
    }
  };

  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, retryDelayMs(connection.failures, Math.random()));
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async (): Promise<void> => {
    for (;;) {
      await connect();
      if (connection.phase === 'ended') return;
      await pause();
      step({ type: 'retried' });
    }
  };

  const hurry = (): void => {
    if (connection.phase === 'waiting' && document.visibilityState === 'visible') wake();
  };
  addEventListener('online', hurry);
  document.addEventListener('visibilitychange', hurry);
  void run();

  return {
    close() {
      step({ type: 'ended' });
      request.abort();
      wake();
      removeEventListener('online', hurry);
      document.removeEventListener('visibilitychange', hurry);
    },
  };
};
