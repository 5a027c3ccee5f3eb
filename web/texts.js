// texts.js - every text of the dashboard, by key; t('key', { name }) fills in {name}. With a `count`, "key.one" is taken for 1
// when there is one. A key that is not there is a defect and shows as itself.
const texts = {
  product: 'Alphabet Scheduler', 'product.short': 'Alphabet', none: '–', loading: 'Loading…', skip: 'Skip to the content',
  close: 'Close', cancel: 'Cancel', save: 'Save', delete: 'Delete', edit: 'Edit', copy: 'Copy', copied: 'Copied', 'copy.id': 'Copy the id',
  toasts: 'Messages', 'ask.type': 'Type {name} to go on', 'retry.load': 'Try again',

  'time.now': 'now', 'time.ago': '{amount} ago', 'time.in': 'in {amount}', 'time.exact': '{utc}\n{local} ({zone})',

  'state.Pending': 'Pending', 'state.Running': 'Running', 'state.Succeeded': 'Succeeded', 'state.Failed': 'Failed', 'state.Cancelled': 'Cancelled',
  'state.Active': 'Active', 'state.Paused': 'Paused', 'state.Disabled': 'Disabled', 'state.Completed': 'Completed', 'state.Deleted': 'Deleted',
  'state.Online': 'Online', 'state.Offline': 'Offline', 'state.Blocked': 'Blocked',

  'error.title': 'That did not work', 'error.status': 'The server answered {status}.', 'error.unreachable': 'The server does not answer',
  'error.unreachable.detail': 'The server does not answer. Nothing was changed as far as this page knows.', 'error.garbled': 'The answer could not be read', 'error.trace': 'Trace id:',
  'error.page': 'This page could not be loaded', 'error.page.detail': 'The server may have been updated meanwhile; loading the page again helps then. ({cause})',
  'error.defect': 'This page has a defect',

  'form.optional': 'optional', 'form.faults': '{count} fields need another look.', 'form.faults.one': 'One field needs another look.', 'form.leave': 'What you typed is not saved. Leave anyway?',

  'nav.label': 'Pages', 'nav.open': 'Navigation', 'nav.admin': 'Administration', 'nav.docs': 'API reference', 'nav.overview': 'Overview', 'nav.jobs': 'Jobs', 'nav.executions': 'Executions', 'nav.workflows': 'Workflows', 'nav.forecast': 'Forecast', 'nav.nodes': 'Nodes', 'nav.queues': 'Queues',
  'nav.users': 'Users', 'nav.tokens': 'Tokens', 'nav.audit': 'Audit log', 'nav.transfer': 'Export and import', 'nav.clearlogs': 'Clear history',

  'connection.live': 'Live', 'connection.connecting': 'Connecting', 'connection.lost': 'Offline', 'connection.hidden': 'Resting',
  'connection.live.title': 'What changes is shown at once', 'connection.connecting.title': 'Opening the event stream', 'connection.lost.title': 'The event stream is interrupted; it is tried again', 'connection.hidden.title': 'The page was in the background',
  'connection.banner': 'The connection is lost.', 'connection.banner.detail': 'What you see may be out of date. It is tried again by itself.', 'connection.now': 'Try now',

  'user.menu': 'Account', signout: 'Sign out', 'theme.system': 'Theme of the system', 'theme.light': 'Light', 'theme.dark': 'Dark',
  'theme.system.choose': 'Use the theme of the system', 'theme.light.choose': 'Use the light theme', 'theme.dark.choose': 'Use the dark theme',

  'paused.banner': 'Everything is paused.', 'paused.banner.detail': 'No execution starts until it is resumed.',
  'resumeall.title': 'Resume everything?', 'resumeall.body': 'Executions start again, and every job that is paused on its own is resumed too.', 'resumeall.confirm': 'Resume all', 'resumeall.done': 'Executions start again',

  'login.title': 'Sign in', 'login.head': 'Alphabet Scheduler', 'login.lead': 'Sign in to see what runs, what failed, and what comes next.', 'login.email': 'E-mail', 'login.password': 'Password', 'login.submit': 'Sign in', 'login.show': 'Show', 'login.hide': 'Hide',
  'login.help': 'The first password was printed once when the server first started.',
  'expired.title': 'Your session has ended', 'expired.body': 'Sign in again to go on where you are. Nothing you typed is lost.', 'expired.leave': 'Leave this page',
  'forbidden.title': 'This is for administrators', 'forbidden.body': '{email} has the role {role}. The dashboard needs the role Admin; the API and the command line work with yours.', 'forbidden.other': 'Sign in as somebody else',
  'notfound.title': 'Not found', 'notfound.head': 'There is no such page', 'notfound.body': 'leads nowhere. It may have been moved, or mistyped.', 'notfound.home': 'To the overview',

  'keyboard.help': 'Keyboard shortcuts', 'keyboard.go': 'Go to {page}', 'keyboard.search': 'Search on this page', 'keyboard.rows': 'From row to row', 'keyboard.enter': 'Open the row', 'keyboard.escape': 'Close what lies above',
  'palette.open': 'Go to anything', 'palette.hint': 'Search or go to…', 'palette.title': 'Go to', 'palette.placeholder': 'A page, a job, an id, an action…', 'palette.none': 'Nothing fits.', 'palette.page': 'Page', 'palette.job': 'Job', 'palette.action': 'Action', 'palette.id': 'Id', 'palette.open.jobs': 'Open the job with this id', 'palette.open.executions': 'Open the execution with this id',

  'table.all': 'Choose all rows', 'table.choose': 'Choose this row', pager: 'Pages of the list', 'pager.range': '{from}–{to} of {total}', 'pager.size': 'Rows', 'pager.at': '{page} / {last}', 'pager.previous': 'Previous page', 'pager.next': 'Next page',

  'chart.zoomed': '{from} to {to}', 'chart.reset': 'Whole range', 'chart.table': 'Figures as a table',

  'overview.title': 'Overview',
  'verdict.good': 'All is well.',
  'verdict.paused': 'Everything is paused.', 'verdict.failing': '{count} jobs are failing.', 'verdict.failing.one': 'One job is failing: {name}.', 'verdict.waiting': 'Work is waiting: {wait} in the queue {queue}.', 'verdict.nodes': 'A node does not answer: {name}.', 'verdict.rate': 'More fails than usual: {rate} succeeded.',
  'verdict.detail': '{running} running, {pending} pending, {ended} succeeded in {hours} h',
  'stat.rate': 'Success rate', 'stat.rate.note': 'last {hours} h', 'stat.minute': 'Executions a minute', 'stat.running': 'Running', 'stat.running.note': 'of {total} workers', 'stat.pending': 'Pending', 'stat.pending.note': 'due within {minutes} min: {due}',
  'stat.failed': 'Failed', 'stat.failed.note': 'last {hours} h', 'stat.jobs': 'Jobs', 'stat.jobs.note': '{enabled} enabled', 'stat.average': 'Average duration', 'stat.average.note': 'last {hours} h', 'stat.today': 'Today', 'stat.today.note': 'executions since midnight UTC',
  'timeline.title': 'Executions', 'timeline.range': 'Range', 'timeline.label': 'Executions over the last {range}: {succeeded} succeeded, {failed} failed, {cancelled} cancelled', 'timeline.hint': 'Drag across the chart to look closer.', 'timeline.time': 'Time', 'timeline.succeeded': 'Succeeded', 'timeline.failed': 'Failed', 'timeline.cancelled': 'Cancelled',
  'range.1': '1 h', 'range.6': '6 h', 'range.24': '24 h', 'range.168': '7 d', 'range.720': '30 d',
  'failing.title': 'Failing now', 'failing.none': 'No job is failing', 'failing.none.text': 'Every job that ran last succeeded.', 'failing.streak': '{count} in a row', 'failing.streak.one': 'once',
  'next.title': 'Runs next', 'next.none': 'Nothing is planned', 'next.none.text': 'No enabled job has a next run.',
  'queues.title': 'Queues', 'queues.depth': '{count} waiting', 'queues.depth.zero': 'empty', 'queues.oldest': 'oldest for {wait}',
  'nodes.title': 'Workers', 'nodes.busy': '{busy} of {total} busy', 'nodes.heartbeat': 'heard of', 'nodes.none': 'No node has reported yet',

  // jobs
  'type.HttpCall': 'HTTP call', 'type.StoredProcedure': 'Stored procedure', 'type.CodeExecution': 'Code', 'type.FileOperation': 'Files',
  'job.name': 'Name', 'job.state': 'State', 'job.type': 'Type', 'job.queue': 'Queue', 'job.schedule': 'Schedule', 'job.next': 'Next run', 'job.last': 'Last run',
  'schedule.every': 'every {interval}', 'schedule.once': 'once',
  actions: 'Actions', 'actions.of': 'Actions for {name}', 'tags.more': '+{count} more', 'filter.clear': 'Clear filters', 'filter.remove': 'Remove this filter',
  'chosen.label': 'Chosen rows', 'chosen.count': '{count} chosen', 'chosen.none': 'Choose none', 'chosen.progress': '{done} of {total} done',
  'jobs.new': 'New job', 'jobs.search': 'Search name or description', 'jobs.any.state': 'Any state', 'jobs.any.type': 'Any type', 'jobs.any.queue': 'Any queue', 'jobs.tagged': 'Tag: {tag}', 'jobs.never': 'never',
  'jobs.none': 'No jobs yet', 'jobs.none.text': 'A job says what to do, when, and how often to try again.', 'jobs.none.fit': 'No job fits these filters', 'jobs.none.fit.text': 'Clear a filter, or search for part of a name.',
  'jobs.trigger': 'Run now', 'jobs.pause': 'Pause', 'jobs.resume': 'Resume', 'jobs.delete': 'Delete', 'jobs.duplicate': 'Duplicate',
  'jobs.trigger.title': 'Run {count} jobs now?', 'jobs.trigger.title.one': 'Run this job now?', 'jobs.pause.title': 'Pause {count} jobs?', 'jobs.pause.title.one': 'Pause this job?', 'jobs.resume.title': 'Resume {count} jobs?', 'jobs.resume.title.one': 'Resume this job?', 'jobs.delete.title': 'Delete {count} jobs?', 'jobs.delete.title.one': 'Delete this job?',
  'jobs.trigger.what': 'One execution of each is queued at once, whatever its schedule says.', 'jobs.pause.what': 'Their schedules start nothing until they are resumed. What is running goes on to its end.', 'jobs.resume.what': 'Their schedules start again, each with its next run from now on.', 'jobs.delete.what': 'They run no more and are hidden. Their history stays.',
  'jobs.trigger.done': 'Queued: {count}', 'jobs.pause.done': 'Paused: {count}', 'jobs.resume.done': 'Resumed: {count}', 'jobs.delete.done': 'Deleted: {count}', 'jobs.partly': 'Done: {good}; not done: {bad}. {name}: {why}',
};

/** The text of a key. */
export function t(key, params) {
  let text = texts[key];
  if (params && params.count === 1 && texts[`${key}.one`] !== undefined) text = texts[`${key}.one`];
  if (params && params.count === 0 && texts[`${key}.zero`] !== undefined) text = texts[`${key}.zero`];
  if (text === undefined) {
    console.error(`there is no text for ${key}`);
    return key;
  }
  return params ? text.replace(/\{(\w+)\}/g, (mark, name) => params[name] ?? mark) : text;
}
