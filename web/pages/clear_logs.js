// clear_logs.js - old history is deleted, after one has seen how much that is.
import { Button, Card, NumberField, Form, Note, PageHead, api, ask, html, local, number, t, toast, useAction, useData, useForm, useState } from '../core.js';

const day = 86_400_000;

export default function ClearLogs() {
  const form = useForm({ days: 60 }, async () => false);
  const { days } = form.values;
  const isSane = Number.isInteger(days) && days >= 1;
  const before = isSane ? new Date(Date.now() - days * day) : null;
  const [last, setLast] = useState(null);
  const count = useData((signal) => (isSane ? api.get('/executions', { query: { toDate: new Date(Date.now() - days * day).toISOString(), pageSize: 1 }, signal }).then(({ totalCount }) => totalCount) : Promise.resolve(null)), [days, last]);
  const clear = useAction(async () => {
    const answer = await ask({ title: t('clear.title', { count: number(count.data) }), body: t('clear.what', { time: local(before) }), confirm: t('clear.do'), danger: true, typeName: String(days) });
    if (!answer) return false;
    const deleted = await api.delete('/admin/clear-logs', { olderThanDays: days });
    setLast(deleted);
    toast(t('clear.done', { count: number(deleted) }), { kind: 'good' });
    return true;
  });
  return html`<${PageHead} title=${t('nav.clearlogs')} lead=${t('clear.lead')} />
    <${Card}><${Form} form=${form}>
      <${NumberField} form=${form} name="days" label=${t('clear.days')} help=${t('clear.days.help')} min="1" required />
      <div class="is-wide stack">${!isSane ? html`<${Note} tone="pending">${t('clear.insane')}</${Note}>` : count.data === undefined ? html`<p class="muted">${t('clear.counting')}</p>` : html`<${Note} tone=${count.data > 0 ? 'pending' : 'info'} icon="broom">${t('clear.count', { count: number(count.data), time: local(before) })}</${Note}>`}
      ${last !== null && html`<${Note} tone="good">${t('clear.done', { count: number(last) })}</${Note}>`}</div>
      <div class="form-actions"><${Button} kind="danger" icon="broom" disabled=${!isSane || !(count.data > 0)} isBusy=${clear.isBusy} onClick=${clear.run}>${t('clear.do')}</${Button}></div>
    </${Form}></${Card}>`;
}
