/** Reads `text/event-stream` from pieces cut anywhere. Comments (the hub's heartbeat) are dropped here. */
export type SseMessage = { readonly id: string; readonly data: string };

export const createSseParser = (onMessage: (message: SseMessage) => void) => {
  let rest = '';
  let data: string[] = [];
  let id = '';

  const takeLine = (line: string): void => {
    if (line === '') {
      if (data.length > 0) onMessage({ id, data: data.join('\n') });
      data = [];
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'id' && !value.includes('\0')) id = value;
  };

  return {
    push(text: string): void {
      rest += text;
      // A carriage return at the very end may be the first half of a line end.
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      for (const line of lines) takeLine(line);
    },
  };
};
