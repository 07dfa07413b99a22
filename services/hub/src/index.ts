/** The hub is a program (main.ts); this door is for the tools that read its configuration. */
export { HubConfig } from './config.ts';
