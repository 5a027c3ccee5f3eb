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
  'pauseall.title': 'Pause everything?', 'pauseall.body': 'No execution starts any more, on any node, until it is resumed. What is running finishes, unless you cancel it.', 'pauseall.cancel': 'Cancel what is running', 'pauseall.confirm': 'Pause all', 'pauseall.done': 'Nothing starts any more',
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
  'verdict.paused': 'Paused: {shown} executions wait.', 'verdict.paused.one': 'Paused: one execution waits.', 'verdict.paused.zero': 'Paused: nothing starts, and nothing waits yet.', 'verdict.failing': '{count} jobs keep failing.', 'verdict.failing.one': 'One job keeps failing: {name}.', 'verdict.failed': '{count} jobs failed when they last ran.', 'verdict.failed.one': 'One job failed when it last ran: {name}.', 'verdict.waiting': 'Work is waiting: {wait} in the queue {queue}.', 'verdict.nodes': 'A node does not answer: {name}.', 'verdict.rate': 'More fails than usual: {rate} succeeded.',
  'verdict.detail': '{running} running, {pending} pending, {ended} succeeded in {hours} h',
  'stat.rate': 'Success rate', 'stat.rate.note': 'last {hours} h', 'stat.minute': 'Executions a minute', 'stat.running': 'Running', 'stat.running.note': 'of {total} workers', 'stat.pending': 'Pending', 'stat.pending.note': 'due within {minutes} min: {due}',
  'stat.failed': 'Failed', 'stat.failed.note': 'last {hours} h', 'stat.jobs': 'Jobs', 'stat.jobs.note': '{enabled} enabled', 'stat.average': 'Average duration', 'stat.average.note': 'last {hours} h', 'stat.today': 'Today', 'stat.today.note': 'executions since midnight UTC',
  'timeline.title': 'Executions', 'timeline.range': 'Range', 'timeline.label': 'Executions over the last {range}: {succeeded} succeeded, {failed} failed, {cancelled} cancelled', 'timeline.hint': 'Drag across the chart to look closer.', 'timeline.time': 'Time', 'timeline.succeeded': 'Succeeded', 'timeline.failed': 'Failed', 'timeline.cancelled': 'Cancelled',
  'range.1': '1 h', 'range.6': '6 h', 'range.24': '24 h', 'range.168': '7 d', 'range.720': '30 d',
  'failing.title': 'Failing now', 'failing.none': 'No job is failing', 'failing.none.text': 'Every job that ran last succeeded.', 'failing.more': 'and {count} more', 'failing.streak': '{count} times in a row', 'failing.streak.one': 'the last time',
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

  // the form of a job
  'form.what': 'What it does', 'form.when': 'When it runs', 'form.failure': 'When it fails', 'form.failure.lead': 'A run that fails or takes too long is tried again as said here.', 'form.rules': 'Queue, overlaps, limits', 'form.exclusions': 'When it must not run', 'form.watches': 'Alerts and history', 'form.variables': 'Any text here may hold variables:', 'form.unread': 'Some of what was typed cannot be read.',
  'job.create': 'Create job', 'job.created': 'The job is created', 'job.saved': 'The job is saved', 'job.edit': 'Edit job', 'job.copy': 'Copy of {name}',
  'job.name.help': 'What people look for. Need not be unique.', 'job.description': 'Description', 'job.tags': 'Tags', 'job.tags.help': 'Separated by commas.', 'job.queue.help': 'The line in which its runs wait for a worker.',
  'job.pattern': 'Cron pattern', 'job.pattern.help': 'minute, hour, day of month, month, day of week; seconds before and a year behind are optional.', 'job.interval': 'Seconds between runs', 'job.interval.help': '1 to 31,536,000.', 'job.interval.is': 'That is every {interval}.', 'job.interval.mode': 'Counted', 'job.runAt': 'Run at', 'job.timezone': 'Time zone', 'job.timezone.help': 'The pattern and the exclusions count in it.',
  'job.startAt': 'Not before', 'job.endAt': 'Not after', 'moment.help': 'In your own zone, {zone}.', 'job.isEnabled': 'Enabled', 'job.isEnabled.help': 'A disabled job runs only when somebody starts it.',
  'scheduleType.Cron': 'Cron pattern', 'scheduleType.Interval': 'Every so often', 'scheduleType.OneTime': 'Once', 'interval.FixedRate': 'from start to start', 'interval.FixedDelay': 'from end to start', 'interval.FixedRate.help': 'On time, whatever a run takes.', 'interval.FixedDelay.help': 'As long a rest after each run.',
  'pattern.nightly': 'Nightly at 3', 'pattern.quarter': 'Every 15 minutes', 'pattern.workdays': 'Workdays at 9', 'pattern.monthly': 'First of the month', 'pattern.lastday': 'Last of the month', 'pattern.spread': 'Hourly, spread',
  'runs.title': 'Next runs', 'runs.wait': 'Asking…', 'runs.none': 'It will not run.', 'runs.faults': 'Shown when {count} fields are mended.', 'runs.faults.one': 'Shown when one field is mended.', 'runs.adjusted': 'moved', 'runs.adjusted.title': 'Moved by daylight saving',
  'job.timeoutSeconds': 'Time limit in seconds', 'job.timeoutSeconds.help': 'A run that takes longer is ended.', 'job.retryPolicy.maxAttempts': 'Attempts', 'job.retryPolicy.maxAttempts.help': 'With the first one; 1 is never again.', 'job.retryPolicy.delaySeconds': 'Delay in seconds', 'job.retryPolicy.delaySeconds.help': 'Before the first retry.', 'job.retryPolicy.maxDelaySeconds': 'Longest delay in seconds', 'job.retryPolicy.maxDelaySeconds.help': 'No delay grows beyond it.',
  'job.backoff': 'Further delays', 'backoff.Fixed': 'Fixed', 'backoff.Linear': 'Linear', 'backoff.Exponential': 'Exponential', 'backoff.Fixed.help': 'Always the same.', 'backoff.Linear.help': 'Once, twice, three times as long…', 'backoff.Exponential.help': 'Twice as long each time.',
  'job.overlap': 'While a run is still going', 'overlap.Allow': 'Start another', 'overlap.Skip': 'Skip', 'overlap.Queue': 'Wait', 'overlap.Replace': 'Replace', 'overlap.Allow.help': 'Both run side by side.', 'overlap.Skip.help': 'The new one is recorded as skipped.', 'overlap.Queue.help': 'At most one waits.', 'overlap.Replace.help': 'The one that runs is cancelled.',
  'job.misfire': 'Runs missed while nothing was up', 'misfire.FireOnce': 'Run once', 'misfire.Skip': 'Skip', 'misfire.FireAll': 'Run each', 'misfire.FireOnce.help': 'One run makes up for all.', 'misfire.Skip.help': 'They are recorded as missed.', 'misfire.FireAll.help': 'Each of them, at most 1,000, oldest first.',
  'job.gap': 'In the hour that does not exist', 'gap.RunAfter': 'Run after it', 'gap.Shift': 'Shift', 'gap.Skip': 'Skip', 'gap.RunAfter.help': 'Once, at the first instant after it.', 'gap.Shift.help': 'Later by as much as the clocks move.', 'gap.Skip.help': 'Not on that day.',
  'job.fold': 'In the hour that comes twice', 'fold.Auto': 'As the pattern says', 'fold.First': 'First time', 'fold.Last': 'Last time', 'fold.Both': 'Both times', 'fold.Auto.help': 'Steps and ranges run in both, a fixed time in the first.', 'fold.First.help': 'Before the clocks go back.', 'fold.Last.help': 'After the clocks went back.', 'fold.Both.help': 'Twice on that day.',
  'job.jitterSeconds': 'Spread in seconds', 'job.jitterSeconds.help': 'Each run up to so much later, always the same for the same run.', 'job.maxRuns': 'Runs at most', 'job.maxRuns.help': 'Empty or 0 is no limit.',
  'job.excludedDays': 'Days of the week', 'job.excludedDates': 'Dates', 'job.excludedDates.help': 'Year-month-day, separated by commas.', 'job.excludedFrom': 'From', 'job.excludedFrom.help': 'Time of day.', 'job.excludedTo': 'To', 'job.excludedTo.help': 'May be on the next day.',
  'day.Monday': 'Mon', 'day.Tuesday': 'Tue', 'day.Wednesday': 'Wed', 'day.Thursday': 'Thu', 'day.Friday': 'Fri', 'day.Saturday': 'Sat', 'day.Sunday': 'Sun',
  'job.watches.expectedWithinSeconds': 'A success every … seconds', 'job.watches.expectedWithinSeconds.help': 'Else an alert is raised.', 'job.watches.finishBySeconds': 'Done … seconds after it was due', 'job.watches.finishBySeconds.help': 'Else an alert is raised.', 'job.watches.maxLatenessSeconds': 'Started … seconds after it was due', 'job.watches.maxLatenessSeconds.help': 'Later raises an alert.', 'job.watches.unusualDuration': 'Alert on an unusual duration', 'job.watches.unusualDuration.help': 'Much faster or slower than its runs before.',
  'job.retention.days': 'Keep history for days', 'job.retention.days.help': 'Empty leaves that to the server.', 'job.retention.count': 'Keep executions', 'job.retention.count.help': 'The newest so many.',
  'type.HttpCall.help': 'Calls an HTTP endpoint.', 'type.StoredProcedure.help': 'Runs a procedure of a database that the operator named.', 'type.CodeExecution.help': 'Runs a handler that the operator registered, as a process of its own.', 'type.FileOperation.help': 'Works on files inside of the folders that the operator allowed.',
  'config.more': 'More', 'config.method': 'Method', 'config.url': 'URL', 'config.url.help': 'Absolute, http or https.', 'config.headers': 'Headers', 'config.headers.help': 'One a line: Name: value.', 'config.body': 'Body', 'config.body.help': 'A text, or JSON, which is sent as JSON.', 'config.successStatusCodes': 'Statuses that are a success', 'config.successStatusCodes.help': '200 to 299 when empty.', 'config.retryOnStatusCodes': 'Retry only on statuses', 'config.retryOnStatusCodes.help': 'Any failure when empty.',
  'config.timeoutSeconds': 'Limit of the call in seconds', 'config.timeoutSeconds.help': 'The time limit of the run holds in any case.', 'config.signingSecret': 'Signing secret', 'config.signingSecret.help': 'Signs the call; best a reference to a secret.', 'config.followRedirects': 'Follow redirects', 'config.followRedirects.help': 'Every hop is checked like the first.', 'config.maxRedirects': 'Redirects at most', 'config.maxRedirects.help': '5 when empty.', 'config.parameters': 'Parameters', 'config.parameters.help': 'A JSON object. A trigger may override them.',
  'config.storedProcedureName': 'Procedure', 'config.storedProcedureName.help': 'With its schema if it has one: reports.nightly.', 'config.databaseConnectionStringName': 'Connection', 'config.databaseConnectionStringName.help': 'Its name in the settings.', 'config.commandTimeoutSeconds': 'Limit of the statement in seconds', 'config.commandTimeoutSeconds.help': 'The time limit of the run holds in any case.',
  'config.handlerType': 'Handler', 'config.handlerType.help': 'Its name in the settings; SampleJob, ReportGenerationJob and CleanupJob are always there.', 'config.methodName': 'Method', 'config.methodName.help': 'One of the handler\'s; its first when empty.', 'config.environment': 'Environment', 'config.environment.help': 'One a line: NAME: value. As far as the operator allows.', 'config.workingDirectory': 'Working directory', 'config.workingDirectory.help': 'One that the operator allowed, or below.',
  'config.operation': 'Operation', 'operation.Copy': 'Copies files.', 'operation.Move': 'Moves files.', 'operation.Delete': 'Deletes files.', 'operation.Compress': 'Packs files; they stay.', 'operation.Archive': 'Packs files, then deletes them.', 'operation.Decompress': 'Unpacks an archive.',
  'config.sourcePath': 'Source', 'config.sourcePath.help': 'A file, a folder, or a pattern such as /data/**/*.log.', 'config.destinationPath': 'Destination', 'config.destinationPath.help': 'A folder; it is made when it is missing.', 'config.archivePath': 'Archive', 'config.archivePath.help': 'Ends with .zip, .tar.gz or .tar.zst.', 'config.olderThanHours': 'Only files older than hours', 'config.olderThanHours.help': 'By their last change; empty is any.', 'config.deleteAfterDays': 'Delete archives after days', 'config.deleteAfterDays.help': 'Older ones with a fitting name; empty is never.',
  'config.recursive': 'Folders below, too', 'config.recursive.help': 'Else only what lies in the folder itself.', 'config.deleteEmptyDirectories': 'Delete empty folders', 'config.deleteEmptyDirectories.help': 'Below the source, when nothing is left in them.', 'config.overwrite': 'Overwrite', 'config.overwrite.help': 'Else a file that is there already is a failure.', 'config.dryRun': 'Dry run', 'config.dryRun.help': 'Lists what would be done and changes nothing.',
  'fault.json': 'is no JSON: {why}', 'fault.object': 'must be a JSON object', 'fault.line': '"{line}" has no colon; write Name: value', 'fault.number': '"{text}" is no number', 'fault.time': 'is no date and time',
  'curl.open': 'Import curl', 'curl.title': 'Import a curl command', 'curl.label': 'Command', 'curl.help': 'As a browser or a manual gives it. Method, URL, headers and body are taken over; nothing is sent.', 'curl.take': 'Take over', 'curl.begin': 'The command must begin with curl.', 'curl.quote': 'A quotation mark is not closed.', 'curl.value': 'A value is missing after {option}.', 'curl.file': '{option} reads a file; paste its content instead.', 'curl.url': 'There is no URL in it.', 'curl.name': '{method} {host}', 'curl.ignored': 'Not taken over: {options}',

  // the page of a job
  'job.failing': 'Failed {count} times in a row.', 'job.failing.one': 'The last run failed.', 'job.title': 'Job', 'job.tabs': 'Parts of the job', 'job.tab.overview': 'Overview', 'job.tab.executions': 'Executions', 'job.tab.occurrences': 'Due times', 'job.tab.calendar': 'Exclusions', 'job.tab.history': 'Changes',
  'job.lastRuns': 'Last {count} executions', 'strip.label': 'Last executions: {count}', 'job.neverRan': 'It has not run yet', 'job.neverRan.text': 'Run it now, or wait for its next due time.', 'job.lookAt': 'Look at it',
  'job.chart.took': 'Duration', 'job.chart.late': 'Lateness', 'job.definition': 'Definition', 'job.configuration': 'Configuration', 'job.timeoutSeconds.short': 'Time limit', 'job.retryPolicy': 'Retries', 'job.retryPolicy.is': '{attempts} attempts, {delay} apart, {backoff}', 'job.retryPolicy.none': 'None',
  'job.createdBy': 'Created', 'job.changedBy': 'Changed', 'job.id': 'Id', 'job.pausedUntil': 'resumes', 'job.triggered': 'The execution is queued', 'job.show': 'Show', 'job.copyJson': 'Copy as JSON', 'job.copyFailed': 'The browser did not allow that',
  'jobs.pause.done.one': 'The job is paused', 'jobs.resume.done.one': 'The job is resumed', 'jobs.delete.done.one': 'The job is deleted',
  'job.noRun.Active': 'No further run is planned.', 'job.noRun.Failed': 'No further run is planned.', 'job.noRun.Paused': 'None while it is paused.', 'job.noRun.Disabled': 'None while it is disabled.', 'job.noRun.Completed': 'It is completed.', 'job.noRun.Deleted': 'It is deleted.',
  'execution.state': 'State', 'execution.started': 'Started', 'execution.took': 'Took', 'execution.trigger': 'Trigger', 'execution.attempt': 'Attempt', 'execution.node': 'Node', 'execution.error': 'Error',
  'trigger.Schedule': 'Schedule', 'trigger.Manual': 'By hand', 'trigger.Retry': 'Retry', 'trigger.Dependency': 'Dependency', 'trigger.Workflow': 'Workflow', 'trigger.CatchUp': 'Catch-up', 'trigger.Alert': 'Alert',
  'occurrence.lead': 'Every due time and what became of it.', 'occurrence.due': 'Due', 'occurrence.verdict': 'What became of it', 'occurrence.why': 'Why', 'occurrence.late': 'Late by', 'occurrence.none': 'Nothing was due in this time', 'occurrence.none.text': 'Choose a longer range.',
  'verdict.Fired': 'Fired', 'verdict.Skipped': 'Skipped', 'verdict.Upcoming': 'To come', 'verdict.NoRecord': 'No record',
  'reason.Overlap': 'The run before was still going', 'reason.Exclusion': 'An exclusion', 'reason.Paused': 'It was paused', 'reason.Disabled': 'It was disabled', 'reason.Misfire': 'Nothing was running then, and the misfire policy skips it', 'reason.DaylightSaving': 'Daylight saving', 'reason.EndOfSchedule': 'The schedule had ended', 'reason.NoRecord': 'The job had another schedule then',
  'job.history.none': 'No changes are recorded', 'calendar.title': 'When it must not run', 'calendar.lead': 'Choose days, or whole weekdays. The numbers are planned runs.', 'calendar.weekday': 'Every {day}', 'calendar.excluded': 'excluded', 'calendar.runs': '{count} runs', 'calendar.runs.one': 'one run', 'calendar.runs.zero': 'no run', 'calendar.earlier': 'Earlier months', 'calendar.later': 'Later months', 'calendar.today': 'Today', 'calendar.cut': 'The next {count} runs are counted.', 'calendar.save': 'Save exclusions', 'calendar.undo': 'Undo',

  // executions
  'executions.search': 'Search output, error, job name', 'executions.time': 'Time', 'executions.anytime': 'Any time', 'executions.last': 'Last {span}', 'executions.between': 'Between…', 'executions.from': 'From', 'executions.to': 'To', 'executions.ofJob': 'Job: {name}', 'executions.total': '{count} executions', 'executions.fresh': '{count} new', 'executions.more': 'The newest {shown} of {total} are listed. Choose a time or search to reach older ones.',
  'executions.none': 'Nothing has run yet', 'executions.none.text': 'Each run of a job becomes an execution, and stays here.', 'executions.none.fit': 'No execution fits these filters', 'executions.none.fit.text': 'Words are found whole: write them as they stand in the output.',
  'executions.cancel': 'Cancel', 'executions.retry': 'Retry', 'executions.cancel.title': 'Cancel {count} executions?', 'executions.cancel.title.one': 'Cancel this execution?', 'executions.cancel.what': 'What waits will not start; what runs is really stopped. {count} are cancelled.', 'executions.cancel.done': 'Being stopped: {count}', 'executions.retry.title': 'Retry {count} executions?', 'executions.retry.title.one': 'Retry this execution?', 'executions.retry.what': 'A new execution of each is queued at once: {count}.', 'executions.retry.done': 'Queued: {count}',
  'execution.title': 'Execution', 'execution.job': 'Job', 'execution.late': 'Late by', 'execution.nth': '#{n}', 'execution.about': 'About', 'execution.times': 'Times', 'execution.scheduled': 'Due', 'execution.created': 'Created', 'execution.available': 'Not before', 'execution.startedAt': 'Started', 'execution.ended': 'Ended', 'execution.run': 'Workflow run', 'execution.parameters': 'Parameters', 'execution.result': 'Result', 'execution.progress': 'Progress', 'execution.waitsFor': 'It waits for', 'execution.chain': 'Attempts', 'execution.chain.count': '{count} in a row',
  'execution.is.pending': 'Waits for a worker in the queue {queue}.', 'execution.is.later': 'Waits until {time}.', 'execution.is.waiting': 'Waits for {count} jobs.', 'execution.is.waiting.one': 'Waits for another job.', 'execution.is.running': 'Runs on {node}.', 'execution.is.succeeded': 'Succeeded after {took}.', 'execution.is.failed': 'Failed after {took}. {type}', 'execution.is.neverstarted': 'Failed before it started.', 'execution.is.cancelled': 'Cancelled after {took}.', 'execution.is.unstarted': 'Cancelled before it started.',
  'execution.cancel.what': 'The work is really stopped: the request is aborted, the process ended, the statement cancelled at the server.', 'execution.cancel.done': 'It is being stopped', 'execution.retry.done': 'A retry is queued',
  'errorType.Timeout': 'Time limit', 'errorType.HttpStatus': 'HTTP status', 'errorType.Connection': 'Connection', 'errorType.Process': 'Process', 'errorType.Database': 'Database', 'errorType.File': 'Files', 'errorType.Orphaned': 'Its node was gone', 'errorType.Shutdown': 'The node was stopped', 'errorType.Configuration': 'Configuration',
  'output.title': 'Output', 'output.live': 'live', 'output.search': 'Search the output', 'output.found': '{count} found', 'output.follow': 'Follow', 'output.wrap': 'Wrap', 'output.copy': 'Copy the output', 'output.save': 'Save the output', 'output.none': 'It put nothing out.', 'output.none.yet': 'Nothing yet.', 'output.cut': 'The beginning is left out here; all of it is in the record when it has ended.', 'output.truncated': 'It was longer than is kept: the middle was left out.', 'output.gap': '[{bytes} bytes are missing here]',
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
