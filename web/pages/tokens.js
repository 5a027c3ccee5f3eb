// tokens.js - one's own access tokens, for scripts: shown once, revoked at any time.
import { AUTH, Button, CopyButton, Dialog, Empty, Form, Loaded, Note, PageHead, SelectField, StateBadge, Submit, Table, TextField, Time, api, ask, html, t, toast, useData, useForm, useState } from '../core.js';

const path = `${AUTH}/tokens`;
const stateOf = (token) => (token.revokedAt ? ['Cancelled', 'token.revoked'] : token.expiresAt && new Date(token.expiresAt) < new Date() ? ['Disabled', 'token.expired'] : ['Active', 'token.valid']);

function NewToken({ onClose, done }) {
  const [made, setMade] = useState(null);
  const form = useForm({ name: '', role: 'Viewer', expiresAt: '' }, ({ name, role, expiresAt }) => api.post(path, { name, role, ...(expiresAt && { expiresAt: new Date(expiresAt).toISOString() }) }), { then: (token) => { setMade(token); done(); } });
  if (made) {
    return html`<${Dialog} title=${t('token.made')} onClose=${onClose} locked footer=${html`<${Button} kind="primary" onClick=${onClose}>${t('token.noted')}</${Button}>`}>
      <div class="stack"><${Note} tone="pending">${t('token.once')}</${Note}><p class="token-text"><code>${made.token}</code><${CopyButton} text=${made.token} /></p></div></${Dialog}>`;
  }
  return html`<${Dialog} title=${t('token.new')} onClose=${onClose}><${Form} form=${form}>
    <${TextField} form=${form} name="name" label=${t('token.name')} help=${t('token.name.help')} required wide data-autofocus />
    <${SelectField} form=${form} name="role" label=${t('user.role')} help=${t(`role.${form.values.role}.help`)} options=${['Viewer', 'User', 'Admin'].map((value) => ({ value, label: t(`role.${value}`) }))} />
    <${TextField} form=${form} name="expiresAt" label=${t('token.expires')} help=${t('token.expires.help')} type="datetime-local" />
    <div class="dialog-foot is-wide"><${Button} onClick=${onClose}>${t('cancel')}</${Button}><${Submit} form=${form}>${t('token.create')}</${Submit}></div>
  </${Form}></${Dialog}>`;
}

export default function Tokens() {
  const tokens = useData((signal) => api.get(path, { signal }), []);
  const [isNew, setNew] = useState(false);
  const revoke = async (token) => {
    if (!(await ask({ title: t('token.revoke.title', { name: token.name }), body: t('token.revoke.what'), confirm: t('token.revoke'), danger: true }))) return;
    try {
      await api.delete(`${path}/${token.id}`);
      toast(t('token.revoke.done'), { kind: 'good' });
    } catch (error) {
      toast(error.message, { kind: 'bad' });
    }
    tokens.reload();
  };
  const columns = [
    { id: 'name', label: t('token.name'), primary: true, show: (token) => html`<bdi>${token.name}</bdi> <code class="muted">${token.prefix}…</code>` },
    { id: 'state', label: t('execution.state'), show: (token) => { const [state, text] = stateOf(token); return html`<${StateBadge} state=${state} text=${t(text)} />`; } },
    { id: 'role', label: t('user.role'), hide: 'phone', show: (token) => t(`role.${token.role}`) },
    { id: 'created', label: t('execution.created'), hide: 'tablet', show: (token) => html`<${Time} at=${token.createdAt} />` },
    { id: 'used', label: t('token.used'), hide: 'tablet', show: (token) => html`<${Time} at=${token.lastUsedAt} none=${t('jobs.never')} />` },
    { id: 'expires', label: t('token.expires'), hide: 'phone', show: (token) => html`<${Time} at=${token.expiresAt} none=${t('jobs.never')} />` },
    { id: 'revoke', label: t('actions'), hideLabel: true, align: 'right', show: (token) => !token.revokedAt && html`<${Button} small kind="quiet" icon="trash" label=${t('token.revoke.of', { name: token.name })} onClick=${() => revoke(token)} />` },
  ];
  const add = html`<${Button} kind="primary" icon="plus" onClick=${() => setNew(true)}>${t('token.new')}</${Button}>`;
  return html`<${PageHead} title=${t('nav.tokens')} lead=${t('tokens.lead')} actions=${add} />
    <${Loaded} of=${tokens}>${(data) => html`<${Table} label=${t('nav.tokens')} rows=${data.items ?? data} keyOf=${({ id }) => id} columns=${columns} empty=${html`<${Empty} icon="tokens" title=${t('tokens.none')}>${t('tokens.none.text')}</${Empty}>`} />`}</${Loaded}>
    ${isNew && html`<${NewToken} onClose=${() => setNew(false)} done=${tokens.reload} />`}`;
}
