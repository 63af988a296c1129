/** The shapes of the sandbox that pages use. */
export type { SandboxMessage } from '../channels/sandbox/sandbox.ts';
export type { SandboxRoom, SandboxWorld } from '../channels/sandbox/world.ts';
