/** JSON lines: timestamp, level, service, event, and where it applies job_id, server_id, user_id, correlation_id. */
import type { ServiceName } from '@citrus/contracts';
import type { Logger } from '@citrus/kit-messaging';
import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';

export const createLogger = ({ service, level, destination }: { service: ServiceName; level: string; destination?: DestinationStream }): PinoLogger => {
  const options = {
    level,
    base: { service },
    messageKey: 'message',
    timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    // A net below the rule that secrets are never logged.
    redact: { paths: ['token', 'password', 'refreshToken', 'accessToken', '*.token', '*.password', '*.refreshToken', '*.accessToken'], censor: '[redacted]' },
  };
  return destination ? pino(options, destination) : pino(options);
};

/** Nest's own words; its start-up chatter is for debugging only. */
export const nestLoggerOf = (logger: Logger): LoggerService => {
  const say = (level: 'debug' | 'warn' | 'error') => (message: unknown, ...rest: unknown[]) => {
    const context = rest.at(-1);
    logger[level]({ event: 'nest', ...(typeof context === 'string' && { context }), ...(message instanceof Error && { err: message }) }, message instanceof Error ? message.message : String(message));
  };
  return { log: say('debug'), debug: say('debug'), verbose: say('debug'), warn: say('warn'), error: say('error'), fatal: say('error') };
};
