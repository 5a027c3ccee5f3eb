// queues.js - the lines in which executions wait for a worker.
import { Empty, Loaded, Meter, PageHead, Table, Tag, Time, api, duration, href, html, number, t, useData } from '../core.js';

const waitsTooLong = 60; // seconds before a wait is worth a colour

export default function Queues() {
  const queues = useData((signal) => api.get('/admin/queues', { signal }), [], { on: ['execution', 'executions'], atMostEvery: 1000, every: 5000 });
  const listOf = (data) => data.items ?? data;
  const columns = (most) => [
    { id: 'name', label: t('queue.name'), primary: true, show: (queue) => html`<span class="row"><bdi class="cut">${queue.name}</bdi>${!queue.isConfigured && html`<${Tag} tone="pending">${t('queue.foreign')}</${Tag}>`}</span>` },
    { id: 'pending', label: t('queue.pending'), show: (queue) => html`<span class="node-busy"><span class="number">${number(queue.pending)}</span><${Meter} label=${queue.name} value=${queue.pending} total=${most} tone=${queue.oldestWaitSeconds > waitsTooLong ? 'pending' : 'accent'} /></span>` },
    { id: 'wait', label: t('queue.wait'), align: 'right', show: (queue) => html`<span class=${`number ${queue.oldestWaitSeconds > waitsTooLong ? 'text-pending' : ''}`}>${queue.pending === 0 ? t('none') : duration(queue.oldestWaitSeconds * 1000)}</span>` },
    { id: 'oldest', label: t('queue.oldest'), hide: 'phone', show: (queue) => html`<${Time} at=${queue.oldestAvailableAt} />` },
  ];
  return html`<${PageHead} title=${t('nav.queues')} lead=${t('queues.lead')} />
    <${Loaded} of=${queues}>${(data) => { const rows = listOf(data); return html`<${Table} label=${t('nav.queues')} rows=${rows} keyOf=${({ name }) => name} columns=${columns(Math.max(1, ...rows.map(({ pending }) => pending)))} to=${({ name }) => href('/executions', { queue: name, status: 'Pending' })} empty=${html`<${Empty} icon="queues" title=${t('queues.none')} />`} />`; }}</${Loaded}>`;
}
