/**
 * The environment of a nats-server. Go lets garbage grow to as much as is in use before it tidies up; of a broker most is what
 * connections hold, so a quarter is enough: 500 agents took 137 kB each, and take 64. Who sets GOGC knows better.
 */
export const brokerEnvironment = (): NodeJS.ProcessEnv => ({ GOGC: '25', ...process.env });
