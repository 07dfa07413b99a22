/** Signals by number, as Linux has them; a shell says 128 and the number for a program that one of them ended. */
const SIGNALS: readonly string[] = ['', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGKILL', 'SIGUSR1', 'SIGSEGV', 'SIGUSR2', 'SIGPIPE', 'SIGALRM', 'SIGTERM', 'SIGSTKFLT', 'SIGCHLD', 'SIGCONT', 'SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGURG', 'SIGXCPU', 'SIGXFSZ'];

/** The signal that an exit code stands for; null for one that stands for none. */
export const signalOf = (exitCode: number | null): string | null => (exitCode !== null && exitCode > 128 ? (SIGNALS[exitCode - 128] ?? null) : null);
