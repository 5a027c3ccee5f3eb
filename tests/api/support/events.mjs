// events.mjs - somebody who listens to an event stream of the server.
//
//   const stream = await listen(server, '/api/v1/scheduler/events', { token });   // resolves with the head of the answer
//   stream.response.status                   // and .headers; of an answer that is no stream also .body
//   await stream.next('execution')           // the next event of that name (or that fits a function): {event, id, data}
//   stream.events                            // all there were
//   stream.pause()                           // reads nothing any more: a slow reader
//   await stream.done                        // the server ended it
//   stream.close()
import http from 'node:http';
import { waitFor } from './server.mjs';

function parse(block) {
  const event = { data: [] };
  for (const line of block.split('\n')) {
    const [, name, value] = /^(event|id|data): (.*)$/.exec(line) ?? [];
    if (name === 'data') event.data.push(value);
    else if (name) event[name] = value;
  }
  return { event: event.event, id: event.id, data: event.data.length ? JSON.parse(event.data.join('\n')) : undefined };
}

export function listen(server, path, { token, headers = {} } = {}) {
  const stream = { events: [], comments: 0, bytes: 0 };
  return new Promise((resolve, reject) => {
    const all = { Accept: 'text/event-stream', ...headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
    const request = http.get(new URL(path, server.base), { headers: all, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      stream.response = { status: response.statusCode, headers: response.headers };
      stream.pause = () => response.pause();
      stream.close = () => { stream.closed = true; request.destroy(); };
      let seen = 0;
      stream.next = (wanted, seconds = 10) => waitFor(() => {
        while (seen < stream.events.length) {
          const event = stream.events[seen++];
          if (typeof wanted === 'function' ? wanted(event) : event.event === wanted) return event;
        }
        if (stream.hasEnded) throw new Error(`the stream ended before ${wanted}: ${JSON.stringify(stream.events)}`);
        return undefined;
      }, { what: `the event ${wanted} among ${JSON.stringify(stream.events).slice(0, 1000)}`, seconds });
      stream.done = new Promise((ended) => {
        const end = () => { stream.hasEnded = true; ended(); };
        response.on('end', end).on('error', end).on('close', end);
      });
      response.on('data', (piece) => {
        stream.bytes += piece.length;
        text += piece;
        for (let at; (at = text.indexOf('\n\n')) >= 0; text = text.slice(at + 2)) {
          const block = text.slice(0, at);
          if (block.startsWith(':') && !block.includes('\n')) stream.comments++;
          else stream.events.push(parse(block));
        }
      });
      if (response.statusCode === 200) resolve(stream);
      else response.on('end', () => { stream.response.body = JSON.parse(text); resolve(stream); });
    });
    request.on('error', (error) => { if (!stream.closed) reject(error); });
  });
}
