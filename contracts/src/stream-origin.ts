type Received = { readonly headers?: { has(name: string): boolean } | undefined };

/**
 * Whether JetStream handed this message out of a stream, instead of a program publishing it. Who may read a stream
 * chooses the subject that its messages are answered to, and the broker does not ask whether that program may publish
 * there: so what counts by who may publish on its subject must not come that way. The broker adds the header itself.
 */
export const cameOutOfStream = ({ headers }: Received): boolean => headers?.has('Nats-Stream') ?? false;
