/** Bytes as lines, and server-sent events out of lines; both as they come, whatever the pieces are. */

export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

export type ServerSentEvent = { readonly id?: string; readonly data: string };

/** Comments and fields that we have no use for are passed over; so is an event that the end cut off. */
export async function* serverSentEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let [id, data] = [undefined as string | undefined, [] as string[]];
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (name === 'id') id = value;
      else if (name === 'data') data.push(value);
      else if (line === '' && data.length > 0) {
        yield { ...(id !== undefined && { id }), data: data.join('\n') };
        [id, data] = [undefined, []];
      }
    }
  }
}
