// data.js - what a page reads and does.
//
//   const jobs = useData((signal) => api.get('/jobs', { query, signal }), [query], { on: ['job', 'jobs'] });
//   jobs.data, jobs.error, jobs.isLoading, jobs.reload(), jobs.set(value)
//
//   const pause = useAction(() => api.post(`/jobs/${id}/pause`), { done: t('job.paused'), then: jobs.reload });
//   <${Button} onClick=${pause.run} isBusy=${pause.isBusy}>
import { useCallback, useEffect, useRef, useState } from './vendor/preact.js';
import { isAbort } from './api.js';
import { subscribe } from './events.js';
import { toast } from './components/overlays.js';

/**
 * Reads by LOAD(signal) now, when DEPENDENCIES change, after each reconnect, on the events named in ON (at most each
 * AT_MOST_EVERY ms), and each EVERY ms while the page is looked at. What was read stays until the next is there; a request
 * that is no longer wanted is aborted.
 */
export function useData(load, dependencies = [], { on = [], atMostEvery = 1000, every = 0, when = true } = {}) {
  const [state, setState] = useState({ data: undefined, error: undefined, isLoading: true });
  const latest = useRef(load);
  latest.current = load;
  const control = useRef({});

  const reload = useCallback(() => {
    const own = control.current;
    own.abort?.abort();
    own.abort = new AbortController();
    own.at = Date.now();
    clearTimeout(own.later);
    own.later = 0;
    const { signal } = own.abort;
    setState((old) => ({ ...old, isLoading: true }));
    return Promise.resolve(latest.current(signal)).then(
      (data) => { if (!signal.aborted) setState({ data, error: undefined, isLoading: false }); },
      (error) => { if (!signal.aborted && !isAbort(error)) setState((old) => ({ ...old, error, isLoading: false })); },
    );
  }, []);

  useEffect(() => {
    if (!when) return undefined;
    const own = control.current;
    reload();
    const soon = () => {
      if (own.later) return;
      own.later = setTimeout(reload, Math.max(0, own.at + atMostEvery - Date.now()));
    };
    const leave = subscribe(['hello', ...on], (batch) => (batch.some(({ type }) => type === 'hello') && Date.now() - own.at > 500 ? reload() : soon()));
    const timer = every ? setInterval(() => { if (!document.hidden) reload(); }, every) : 0;
    return () => {
      leave();
      clearInterval(timer);
      clearTimeout(own.later);
      own.later = 0;
      own.abort?.abort();
    };
  }, [...dependencies, when]);

  return { ...state, reload, set: (data) => setState((old) => ({ ...old, data })) };
}

/** Does something once at a time; says DONE when it worked and what was wrong when it did not. */
export function useAction(act, { done, then } = {}) {
  const [isBusy, setBusy] = useState(false);
  const busy = useRef(false);
  const run = async (...args) => {
    if (busy.current) return undefined;
    busy.current = true;
    setBusy(true);
    try {
      const result = await act(...args);
      if (done && result !== false) toast(typeof done === 'function' ? done(result) : done, { kind: 'good' });
      await then?.(result);
      return result;
    } catch (error) {
      if (!isAbort(error)) toast(error.message, { kind: 'bad' });
      return undefined;
    } finally {
      busy.current = false;
      setBusy(false);
    }
  };
  return { run, isBusy };
}

/** Renders again every MS while the page is looked at; gives the time. */
export function useNow(ms = 1000) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => { if (!document.hidden) setNow(Date.now()); }, ms);
    return () => clearInterval(timer);
  }, [ms]);
  return now;
}
