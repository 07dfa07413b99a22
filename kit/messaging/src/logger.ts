/** The part of a pino logger that the kit writes to. */
export type Logger = Record<'debug' | 'info' | 'warn' | 'error', (fields: Record<string, unknown>, message: string) => void>;
