/** A session is a family of refresh tokens, each good for once; the log knows them by their hashes only. */
export type SessionStarted = {
  readonly type: 'SessionStarted';
  readonly data: { readonly sessionId: string; readonly userId: string; readonly address: string; readonly tokenHash: string; readonly expiresAt: string };
};
export type SessionRefreshed = { readonly type: 'SessionRefreshed'; readonly data: { readonly sessionId: string; readonly address: string; readonly tokenHash: string } };
export type SessionClosed = { readonly type: 'SessionClosed'; readonly data: { readonly sessionId: string; readonly reason: 'signed-out' | 'token-reused' } };
export type SessionEvent = SessionStarted | SessionRefreshed | SessionClosed;
