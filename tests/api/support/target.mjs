// target.mjs - what HTTP jobs call: an HTTP server on loopback that notes every request and answers as its path asks.
//
//   const target = await startHttpTarget();
//   target.url('/status/503')             // an address for jobConfiguration.url
//   target.callsOf('/status/503')         // [{ at, method, path, url, headers, body, abortedAt }], oldest first
//
// Paths: /ok… (200 "done"), /echo… (the request as JSON), /status/CODE…, /slow/MS…, /hang… (never answers),
// /huge/BYTES…, /drip/MS… (a byte of the body every MS), /close… (ends the connection in mid-answer), /redirect?to=URL,
// /flaky/N/NAME (the first N calls get a 500), /after/SECONDS/NAME (the first call gets a 503 with Retry-After).
// Anything behind that tells calls apart.
import { once } from 'node:events';
import http from 'node:http';

function answers(state) {
  return {
    ok: (call, response) => response.end('done'),
    echo(call, response) {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ method: call.method, url: call.url, headers: call.headers, body: call.body }));
    },
    status(call, response, [code]) {
      response.statusCode = Number(code);
      response.end(`answer ${code}`);
    },
    slow: (call, response, [ms]) => state.later(Number(ms), () => response.end('slow')),
    hang() {},
    huge(call, response, [bytes]) {
      let left = Number(bytes);
      const piece = Buffer.alloc(65536, 'x');
      const more = () => {
        while (left > 0 && !response.destroyed) {
          const size = Math.min(left, piece.length);
          left -= size;
          if (!response.write(piece.subarray(0, size))) { response.once('drain', more); return; }
        }
        response.end('END');
      };
      response.write('START');
      more();
    },
    drip(call, response, [ms]) {
      const drop = () => { if (!response.destroyed) { response.write('x'); state.later(Number(ms), drop); } };
      drop();
    },
    close(call, response) {
      response.setHeader('Content-Length', 1000);
      response.write('half of');
      state.later(20, () => response.destroy());
    },
    redirect(call, response) {
      response.statusCode = Number(new URL(call.url, 'http://x').searchParams.get('status') ?? 302);
      response.setHeader('Location', new URL(call.url, 'http://x').searchParams.get('to'));
      response.end();
    },
    flaky(call, response, [failures]) {
      response.statusCode = state.callsOf(call.path).length <= Number(failures) ? 500 : 200;
      response.end(`call ${state.callsOf(call.path).length}`);
    },
    after(call, response, [seconds]) {
      const first = state.callsOf(call.path).length === 1;
      response.statusCode = first ? 503 : 200;
      if (first) response.setHeader('Retry-After', seconds);
      response.end();
    },
  };
}

export async function startHttpTarget() {
  const calls = [];
  const timers = new Set();
  const state = {
    callsOf: (path) => calls.filter((call) => call.path === path),
    later(ms, action) {
      const timer = setTimeout(() => { timers.delete(timer); action(); }, ms);
      timers.add(timer);
    },
  };
  const known = answers(state);
  const server = http.createServer((request, response) => {
    const call = { at: Date.now(), method: request.method, url: request.url, path: request.url.split('?')[0], headers: request.headers, body: '' };
    calls.push(call);
    response.on('close', () => { if (!response.writableFinished) call.abortedAt = Date.now(); });
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      call.body = Buffer.concat(chunks).toString('utf8');
      const [, kind, ...rest] = call.path.split('/');
      (known[kind] ?? ((_, answer) => { answer.statusCode = 404; answer.end(); }))(call, response, rest);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    calls,
    callsOf: state.callsOf,
    port: server.address().port,
    url: (path = '/ok') => `http://127.0.0.1:${server.address().port}${path}`,
    async stop() {
      for (const timer of timers) clearTimeout(timer);
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
