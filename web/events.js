// events.js - what changes, as it changes: one event stream for the whole page.
//
//   useEvents(['execution', 'executions'], (batch) => …);    // batch: [{type, data}], at most once a frame
//   useConnection()                                          // 'live', 'connecting', 'lost' or 'hidden'
//
// The stream is closed while the tab is hidden and opened again with it; after each `hello` everything that is shown is
// read anew (useData does that). A break is tried again after 1, 2, 4 … 30 seconds.
import { useEffect, useRef } from './vendor/preact.js';
import { createStore, useStore } from './store.js';
import { whoAmI, expired, me } from './api.js';

const types = ['hello', 'execution', 'executions', 'progress', 'progresses', 'workflowRun', 'workflowRuns', 'job', 'jobs', 'paused', 'resumed', 'bye'];
const longestWait = 30_000;

export const connection = createStore('connecting');
/** How things stand: {nodeName, isPaused}; of the last hello, paused or resumed. */
export const system = createStore({ nodeName: '', isPaused: false });

const listeners = new Set(); // {types, tell}
let source = null;
let wait = 1000;
let timer = 0;
let batch = [];
let frame = 0;

function flush() {
  frame = 0;
  const events = batch;
  batch = [];
  for (const listener of [...listeners]) {
    const own = events.filter(({ type }) => listener.types.includes(type));
    if (own.length > 0) listener.tell(own);
  }
}

function hear(type, event) {
  const data = JSON.parse(event.data || '{}');
  if (type === 'hello') {
    wait = 1000;
    connection.set('live');
    system.set({ nodeName: data.nodeName, isPaused: data.isPaused });
  }
  if (type === 'paused' || type === 'resumed') system.set({ ...system.get(), isPaused: type === 'paused' });
  batch.push({ type, data });
  if (!frame) frame = requestAnimationFrame(flush);
}

function close() {
  clearTimeout(timer);
  timer = 0;
  source?.close();
  source = null;
}

function lose() {
  close();
  if (document.hidden || !me.get()) return;
  connection.set('lost');
  timer = setTimeout(open, wait * (0.8 + 0.4 * Math.random()));
  wait = Math.min(wait * 2, longestWait);
  // The stream says nothing of its status: whether the session has ended is asked elsewhere.
  whoAmI().then((who) => { if (!who && !expired.get()) expired.set({ waiting: [] }); }, () => {});
}

function open() {
  close();
  if (connection.get() !== 'lost') connection.set('connecting');
  source = new EventSource('/api/v1/scheduler/events');
  for (const type of types) source.addEventListener(type, (event) => hear(type, event));
  source.onerror = lose;
}

function follow() {
  if (me.get() && !document.hidden && !expired.get()) {
    if (!source && !timer) { wait = 1000; open(); } // a break that is waited out is not cut short
  } else {
    close();
    if (document.hidden) connection.set('hidden');
  }
}

/** From now on the stream is open whenever somebody is signed in and looks. */
export function startEvents() {
  document.addEventListener('visibilitychange', follow);
  window.addEventListener('online', () => { close(); follow(); });
  me.subscribe(follow);
  expired.subscribe(follow);
  follow();
}

/** Tries again at once. */
export function reconnect() { close(); wait = 1000; follow(); }

export function subscribe(wanted, tell) {
  const listener = { types: wanted, tell };
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useEvents(wanted, tell) {
  const latest = useRef(tell);
  latest.current = tell;
  useEffect(() => subscribe(wanted, (events) => latest.current(events)), [wanted.join()]);
}

export const useConnection = () => useStore(connection);
export const useSystem = () => useStore(system);
