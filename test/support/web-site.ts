/** A web site on this machine that behaves as a test says, under whatever names the test gives it. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface WebSite {
  readonly port: number;
  /** `127.0.0.1:PORT`, as the allow-list takes it. */
  readonly address: string;
  /** Path and headers of every request so far. */
  readonly asked: { readonly path: string; readonly headers: IncomingMessage['headers'] }[];
  /** Sets what a path answers. */
  at(path: string, answer: Answer): void;
  close(): Promise<void>;
}

export async function openWebSite(host = '127.0.0.1'): Promise<WebSite> {
  const answers = new Map<string, Answer>();
  const asked: WebSite['asked'] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    asked.push({ path, headers: request.headers });
    const answer = answers.get(path.split('?')[0] ?? '');
    if (answer) answer(request, response);
    else response.writeHead(404).end('nothing here');
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    address: `${host}:${port}`,
    asked,
    at: (path, answer) => void answers.set(path, answer),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
