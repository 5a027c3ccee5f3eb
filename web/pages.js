// pages.js - THE table of pages. A page that has a row is there, with its place in the navigation; one that has none is not.
//
//   path   below the dashboard; ":name" takes one segment, given to the page as params.name
//   load   the module, whose default export is the component: ({ params }) => html`…`
//   nav    {text, icon, keys, group} for an entry in the navigation; group 'admin' stands apart, keys are its shortcut
export const pages = [
  { path: '/', load: () => import('./pages/overview.js'), nav: { text: 'nav.overview', icon: 'overview', keys: 'g o' } },
  { path: '/jobs', load: () => import('./pages/jobs.js'), nav: { text: 'nav.jobs', icon: 'jobs', keys: 'g j' } },
  { path: '/executions', load: () => import('./pages/executions.js'), nav: { text: 'nav.executions', icon: 'executions', keys: 'g e' } },
  { path: '/executions/:id', load: () => import('./pages/execution.js') },
  { path: '/workflows', load: () => import('./pages/workflows.js'), nav: { text: 'nav.workflows', icon: 'workflows', keys: 'g w' } },
  { path: '/workflows/new', load: () => import('./pages/workflow_edit.js') },
  { path: '/workflows/:id', load: () => import('./pages/workflow.js') },
  { path: '/workflows/:id/edit', load: () => import('./pages/workflow_edit.js') },
  { path: '/workflows/runs/:id', load: () => import('./pages/workflow_run.js') },
  { path: '/jobs/new', load: () => import('./pages/job_edit.js') },
  { path: '/jobs/:id', load: () => import('./pages/job.js') },
  { path: '/jobs/:id/edit', load: () => import('./pages/job_edit.js') },
  { path: '/forecast', load: () => import('./pages/forecast.js'), nav: { text: 'nav.forecast', icon: 'forecast', keys: 'g f' } },
  { path: '/queues', load: () => import('./pages/queues.js'), nav: { text: 'nav.queues', icon: 'queues', keys: 'g q' } },
  { path: '/nodes', load: () => import('./pages/nodes.js'), nav: { text: 'nav.nodes', icon: 'nodes', keys: 'g n' } },
  { path: '/users', load: () => import('./pages/users.js'), nav: { text: 'nav.users', icon: 'users', keys: 'g u', group: 'admin' } },
  { path: '/tokens', load: () => import('./pages/tokens.js'), nav: { text: 'nav.tokens', icon: 'tokens', keys: 'g t', group: 'admin' } },
  { path: '/audit', load: () => import('./pages/audit.js'), nav: { text: 'nav.audit', icon: 'audit', keys: 'g a', group: 'admin' } },
  { path: '/transfer', load: () => import('./pages/transfer.js'), nav: { text: 'nav.transfer', icon: 'transfer', keys: 'g x', group: 'admin' } },
  { path: '/clear-logs', load: () => import('./pages/clear_logs.js'), nav: { text: 'nav.clearlogs', icon: 'broom', keys: 'g l', group: 'admin' } },
];

/** The row that a path means, with its params; undefined when there is none. */
export function findPage(path) {
  const own = path.split('/');
  for (const page of pages) {
    const parts = page.path.split('/');
    if (parts.length !== own.length) continue;
    const params = {};
    try {
      if (parts.every((part, index) => (part.startsWith(':') ? (params[part.slice(1)] = decodeURIComponent(own[index])) !== '' : part === own[index]))) return { page, params };
    } catch {
      return undefined; // a stray % in the address
    }
  }
  return undefined;
}

/** True when the page of that path is there: ask before you link to a page that somebody else writes. */
export const hasPage = (path) => pages.some((page) => page.path === path);
