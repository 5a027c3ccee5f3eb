// users.js - who may sign in, and as what.
import { Button, Dialog, Form, Loaded, Menu, PageHead, Pager, Select, SelectField, StateBadge, Submit, Table, TextField, Time, api, ask, html, me, t, toast, useData, useForm, useState, useStore, useUrlState } from '../core.js';

const USERS = '/api/v1/admin/users';
const roles = ['Viewer', 'User', 'Admin'];
const roleOptions = roles.map((value) => ({ value, label: t(`role.${value}`) }));
/** The highest of a user's roles. */
const roleOf = (user) => [...roles].reverse().find((role) => user.roles.includes(role));

function NewUser({ onClose, done }) {
  const form = useForm({ email: '', password: '', role: 'User' }, ({ email, password, role }) => api.post(USERS, { email, password, roles: [role] }), { then: () => { toast(t('user.created'), { kind: 'good' }); done(); onClose(); } });
  return html`<${Dialog} title=${t('user.new')} onClose=${onClose}><${Form} form=${form}>
    <${TextField} form=${form} name="email" label=${t('user.email')} type="email" required wide data-autofocus />
    <${TextField} form=${form} name="password" label=${t('user.password')} help=${t('user.password.help')} type="password" required wide autocomplete="new-password" />
    <${SelectField} form=${form} name="role" label=${t('user.role')} help=${t(`role.${form.values.role}.help`)} options=${roleOptions} wide />
    <div class="dialog-foot is-wide"><${Button} onClick=${onClose}>${t('cancel')}</${Button}><${Submit} form=${form}>${t('user.create')}</${Submit}></div>
  </${Form}></${Dialog}>`;
}

function NewPassword({ user, onClose }) {
  const form = useForm({ password: '' }, (values) => api.post(`${USERS}/${user.id}/reset-password`, values), { then: () => { toast(t('user.password.done'), { kind: 'good' }); onClose(); } });
  return html`<${Dialog} title=${t('user.password.title', { email: user.email })} onClose=${onClose} size="small"><${Form} form=${form}>
    <${TextField} form=${form} name="password" label=${t('user.password.new')} help=${t('user.password.help')} type="password" required wide autocomplete="new-password" data-autofocus />
    <p class="field-help is-wide">${t('user.password.what')}</p>
    <div class="dialog-foot is-wide"><${Button} onClick=${onClose}>${t('cancel')}</${Button}><${Submit} form=${form}>${t('user.password.set')}</${Submit}></div>
  </${Form}></${Dialog}>`;
}

export default function Users() {
  const [{ pageNumber }, set] = useUrlState({ pageNumber: 1 });
  const own = useStore(me);
  const users = useData((signal) => api.get(USERS, { query: { pageNumber, pageSize: 50 }, signal }), [pageNumber]);
  const [opened, setOpened] = useState(null); // 'new', or the user whose password is set
  const act = async (request, said) => {
    try {
      await request();
      toast(said, { kind: 'good' });
    } catch (error) {
      toast(error.message, { kind: 'bad' });
    }
    users.reload();
  };
  const remove = async (user) => {
    if (await ask({ title: t('user.delete.title', { email: user.email }), body: t('user.delete.what'), confirm: t('delete'), danger: true, typeName: user.email })) act(() => api.delete(`${USERS}/${user.id}`), t('user.deleted'));
  };
  const lock = async (user) => {
    if (await ask({ title: t('user.lock.title', { email: user.email }), body: t('user.lock.what'), confirm: t('user.lock'), danger: true })) act(() => api.post(`${USERS}/${user.id}/lock`), t('user.locked'));
  };
  const menuOf = (user) => [
    user.isLocked || user.lockedUntil ? { label: t('user.unlock'), icon: 'play', run: () => act(() => api.post(`${USERS}/${user.id}/unlock`), t('user.unlocked')) } : { label: t('user.lock'), icon: 'lock', run: () => lock(user) },
    { label: t('user.password.set'), icon: 'tokens', run: () => setOpened(user) },
    null,
    { label: t('delete'), icon: 'trash', danger: true, run: () => remove(user) },
  ];
  const columns = [
    { id: 'email', label: t('user.email'), primary: true, show: (user) => html`<bdi>${user.email}</bdi>${user.email === own?.email && html` <span class="muted">${t('user.you')}</span>`}` },
    { id: 'role', label: t('user.role'), show: (user) => html`<${Select} label=${t('user.role.of', { email: user.email })} value=${roleOf(user)} options=${roleOptions} onChange=${(role) => act(() => api.put(`${USERS}/${user.id}/roles`, { roles: [role] }), t('user.role.done', { email: user.email, role: t(`role.${role}`) }))} />` },
    { id: 'state', label: t('execution.state'), hide: 'phone', show: (user) => (user.isLocked ? html`<${StateBadge} state="Disabled" text=${t('user.state.locked')} />` : user.lockedUntil ? html`<${StateBadge} state="Paused" text=${t('user.state.until')} />` : html`<${StateBadge} state="Active" />`) },
    { id: 'login', label: t('user.login'), hide: 'tablet', show: (user) => html`<${Time} at=${user.lastLoginAt} none=${t('jobs.never')} />` },
    { id: 'actions', label: t('actions'), hideLabel: true, align: 'right', show: (user) => html`<${Menu} label=${t('actions.of', { name: user.email })} items=${menuOf(user)} />` },
  ];
  return html`<${PageHead} title=${t('nav.users')} lead=${t('users.lead')} actions=${html`<${Button} kind="primary" icon="plus" onClick=${() => setOpened('new')}>${t('user.new')}</${Button}>`} />
    <${Loaded} of=${users}>${(page) => html`<${Table} label=${t('nav.users')} rows=${page.items} keyOf=${({ id }) => id} columns=${columns} /><${Pager} page=${page} onPage=${(next) => set({ pageNumber: next }, { push: true })} />`}</${Loaded}>
    ${opened === 'new' && html`<${NewUser} onClose=${() => setOpened(null)} done=${users.reload} />`}
    ${opened && opened !== 'new' && html`<${NewPassword} user=${opened} onClose=${() => setOpened(null)} />`}`;
}
