// forbidden.js - somebody is signed in who may not use the dashboard.
import { Button, Icon, html, me, navigate, signOut, t, toast, useEffect, useStore } from '../core.js';

export default function Forbidden() {
  const { email, roles } = useStore(me);
  useEffect(() => { document.title = `${t('forbidden.title')} · ${t('product')}`; }, []);
  const leave = () => signOut().then(() => navigate('/login', { replace: true }), (error) => toast(error.message, { kind: 'bad' }));
  return html`<main class="alone"><div class="alone-box">
    <${Icon} name="lock" size="32" />
    <p class="alone-code">403</p>
    <h1>${t('forbidden.title')}</h1>
    <p>${t('forbidden.body', { email, role: roles.join(', ') })}</p>
    <div class="alone-actions"><${Button} href="/docs">${t('nav.docs')}</${Button}><${Button} kind="primary" onClick=${leave}>${t('forbidden.other')}</${Button}></div>
  </div></main>`;
}
