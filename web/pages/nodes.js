// nodes.js - the servers that share the work, and what each is doing.
import { Card, Empty, Loaded, Meter, PageHead, StateBadge, Table, Time, api, html, number, t, useData } from '../core.js';

export default function Nodes() {
  const nodes = useData((signal) => api.get('/admin/nodes', { signal }), [], { on: ['execution', 'executions'], atMostEvery: 2000, every: 10_000 });
  const columns = [
    { id: 'name', label: t('node.name'), primary: true, show: (node) => html`<bdi>${node.name}</bdi>` },
    { id: 'state', label: t('execution.state'), show: (node) => html`<${StateBadge} state=${node.isAlive ? 'Online' : 'Offline'} />` },
    { id: 'busy', label: t('nodes.title'), show: (node) => html`<span class="node-busy"><span class="number">${t('nodes.busy', { busy: number(node.isAlive ? node.workersBusy : 0), total: number(node.workersTotal) })}</span><${Meter} label=${node.name} value=${node.isAlive ? node.workersBusy : 0} total=${node.workersTotal} tone="running" /></span>` },
    { id: 'heartbeat', label: t('node.heartbeat'), hide: 'phone', show: (node) => html`<${Time} at=${node.heartbeatAt} />` },
    { id: 'started', label: t('execution.started'), hide: 'tablet', show: (node) => html`<${Time} at=${node.startedAt} />` },
    { id: 'version', label: t('node.version'), hide: 'phone', show: (node) => html`<code>${node.version}</code>` },
  ];
  return html`<${PageHead} title=${t('nav.nodes')} lead=${t('nodes.lead')} />
    <${Loaded} of=${nodes}>${(rows) => html`<${Table} label=${t('nav.nodes')} rows=${rows} keyOf=${(node) => node.name} columns=${columns} empty=${html`<${Empty} icon="nodes" title=${t('nodes.none')} />`} />
      ${rows.some(({ isAlive }) => !isAlive) && html`<${Card} title=${t('nodes.gone')}><p class="muted">${t('nodes.gone.text')}</p></${Card}>`}`}</${Loaded}>`;
}
