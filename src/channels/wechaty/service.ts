/**
 * What `wechaty-puppet-service` 1.19 leaves undone. Any other puppet passes through here untouched.
 *
 * - It keeps payloads in a store on this disk and closes it only when a logout is told. A connection that breaks
 *   without one leaves it open, and the next connection, which opens it again, finds it locked: an error that
 *   nobody can catch, and that ends the process.
 */
interface Store {
  close(): Promise<unknown>;
}

interface Service {
  readonly _payloadStore?: {
    readonly contact?: Store;
    readonly room?: Store;
    readonly roomMember?: Store;
    stop?(): Promise<void>;
  };
}

/** Takes note of what is open before a stop; the function that it gives resolves once that is closed, however. */
export function prepareServiceStop(puppet: object): () => Promise<void> {
  const { _payloadStore: payloads } = puppet as Service;
  if (typeof payloads?.stop !== 'function') return async () => undefined;
  const stores = [payloads.contact, payloads.room, payloads.roomMember];
  return async () => {
    // What begins a close that is under way already does nothing, and what awaits it waits for its end.
    await Promise.allSettled([payloads.stop?.(), ...stores.map((store) => store?.close())]);
  };
}
