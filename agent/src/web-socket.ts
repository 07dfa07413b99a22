/**
 * As much of the W3C's WebSocket as nats.js uses (RFC 6455, client side, no extensions). NATS speaks a stream of bytes in
 * the frames, so the content of each frame is handed on as it comes, without gathering the parts of a message.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { openRequest } from './http.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const OPCODE = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
/** A broker sends far less in one frame; who sends more is none. */
const LARGEST_FRAME = 16 * 1024 ** 2;
const CLOSE_WITHIN_MS = 1_000;

export type Frame = { readonly opcode: number; readonly payload: Buffer };

/** The first frame of `bytes` and where the next one begins; undefined while it is not whole. @throws if it is none */
export const parseFrame = (bytes: Buffer): { readonly frame: Frame; readonly end: number } | undefined => {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  if ((first & 0x70) !== 0 || (second & 0x80) !== 0) throw new Error('the broker sends frames that were not agreed upon');
  const short = second & 0x7f;
  const start = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < start) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  if (length > LARGEST_FRAME) throw new Error(`the broker sends a frame of ${length} bytes`);
  const end = start + length;
  return bytes.length < end ? undefined : { frame: { opcode: first & 0x0f, payload: bytes.subarray(start, end) }, end };
};

/** Masked, as everything that a client sends must be. */
export const frameOf = (opcode: number, payload: Uint8Array, mask: Uint8Array = randomBytes(4)): Buffer => {
  const { length } = payload;
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(start + 4 + length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (start === 2 ? length : start === 4 ? 126 : 127);
  if (start === 4) frame.writeUInt16BE(length, 2);
  if (start === 10) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.set(mask, start);
  for (let at = 0; at < length; at += 1) frame[start + 4 + at] = (payload[at] ?? 0) ^ (mask[at & 3] ?? 0);
  return frame;
};

const describeClose = (payload: Buffer): string => (payload.length > 2 ? payload.toString('utf8', 2) : '');

/** A line of the broker that says why it ends the connection, `-ERR 'Authorization Violation'`, without what is around. */
const complaintIn = (payload: Buffer): string | undefined => (payload[0] === 0x2d ? /^-ERR '?([^'\r\n]{0,200})/.exec(payload.toString('latin1', 0, 256))?.[1] : undefined);

/** nats.js sets the handlers after it was made and calls nothing but `send` and `close`. */
export class BrokerSocket {
  /** The broker has answered this dial, whatever became of it; nobody did where it is not there or its listener's queue is full. */
  isAnswered = false;
  /** Why the broker said that it ends the connection, if it said so. */
  complaint: string | undefined;
  /** The broker has let us in; how it ended afterwards says nothing about dialling. */
  wasConnected = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: Uint8Array }) => void) | null = null;
  onerror: ((event: { readonly message: string }) => void) | null = null;
  onclose: ((event: { readonly wasClean: boolean; readonly reason: string }) => void) | null = null;
  binaryType = 'arraybuffer';
  #request: ClientRequest | undefined;
  #stream: Duplex | undefined;
  #kept: Buffer = Buffer.alloc(0);
  #isOver = false;
  #reason = '';
  #isClean = false;

  constructor(url: string) {
    void this.#open(new URL(url.replace(/^ws/, 'http'))).catch((error: unknown) => this.#fail(error));
  }

  get bufferedAmount(): number {
    return this.#stream?.writableLength ?? 0;
  }

  send(data: ArrayBuffer): void {
    this.#stream?.write(frameOf(OPCODE.binary, new Uint8Array(data)));
  }

  close(): void {
    if (this.#stream && !this.#stream.writableEnded) {
      this.#isClean = true;
      this.#stream.end(frameOf(OPCODE.close, Buffer.from([0x03, 0xe8])));
      // A broker that does not answer, or is not there any more, keeps nobody.
      setTimeout(() => this.#stream?.destroy(), CLOSE_WITHIN_MS).unref();
    } else if (!this.#stream && !this.#isOver) {
      this.#isOver = true;
      this.#request?.destroy();
      // nats.js gives up a dial that takes too long, and waits for this before it dials again.
      queueMicrotask(() => this.onclose?.({ wasClean: false, reason: '' }));
    }
  }

  async #open(url: URL): Promise<void> {
    const key = randomBytes(16).toString('base64');
    const request = await openRequest(url, { headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': key } });
    this.#request = request;
    request.once('error', (error) => this.#fail(error));
    request.once('response', (response) => {
      this.isAnswered = true;
      request.destroy();
      this.#fail(new Error(`the broker answers HTTP ${response.statusCode} instead of a WebSocket`));
    });
    request.once('upgrade', (response, stream, first) => this.#opened(response, stream, first, key));
    if (this.#isOver) request.destroy();
    else request.end();
  }

  // oxlint-disable-next-line max-params -- the three of Node's event, and what was asked
  #opened(response: IncomingMessage, stream: Duplex, first: Buffer, key: string): void {
    const expected = createHash('sha1').update(key + GUID).digest('base64');
    if (this.#isOver || response.headers['sec-websocket-accept'] !== expected) {
      stream.destroy();
      return this.#fail(new Error('what answers at the address of the broker is no WebSocket'));
    }
    this.isAnswered = true;
    this.#stream = stream;
    stream.on('error', (error) => (this.#reason ||= error.message));
    stream.once('close', () => this.#closed());
    stream.on('data', (bytes: Buffer) => this.#take(bytes));
    // The broker may end its side only; there is nothing more to be said then.
    stream.once('end', () => stream.end());
    this.onopen?.();
    if (first.length > 0) this.#take(first);
  }

  #take(bytes: Buffer): void {
    try {
      let rest = this.#kept.length === 0 ? bytes : Buffer.concat([this.#kept, bytes]);
      for (let next = parseFrame(rest); next; next = parseFrame(rest)) {
        rest = rest.subarray(next.end);
        this.#obey(next.frame);
      }
      this.#kept = rest;
    } catch (error) {
      this.#reason ||= error instanceof Error ? error.message : 'the broker does not speak WebSocket';
      this.#stream?.destroy();
    }
  }

  #obey({ opcode, payload }: Frame): void {
    if (opcode === OPCODE.more || opcode === OPCODE.text || opcode === OPCODE.binary) {
      this.complaint = complaintIn(payload) ?? this.complaint;
      this.onmessage?.({ data: payload });
    } else if (opcode === OPCODE.ping) this.#stream?.write(frameOf(OPCODE.pong, payload));
    else if (opcode === OPCODE.close) {
      this.#reason ||= describeClose(payload);
      this.#stream?.end(frameOf(OPCODE.close, payload.subarray(0, 2)));
    }
  }

  /** Before it was open. */
  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.onerror?.({ message: error instanceof Error ? error.message : 'the broker cannot be reached' });
    this.onclose?.({ wasClean: false, reason: '' });
  }

  #closed(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.onclose?.({ wasClean: this.#isClean, reason: this.#reason });
  }
}
