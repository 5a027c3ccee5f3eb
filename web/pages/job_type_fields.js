// job_type_fields.js - the fields of each job type, by their names in jobConfiguration.
import { AreaField, CheckField, NumberField, SelectField, TextField, html, t } from '../core.js';

const field = (name) => `jobConfiguration.${name}`;
const text = (form, name, more) => html`<${TextField} form=${form} name=${field(name)} label=${t(`config.${name}`)} help=${t(`config.${name}.help`)} mono ...${more} />`;
const area = (form, name, more) => html`<${AreaField} form=${form} name=${field(name)} label=${t(`config.${name}`)} help=${t(`config.${name}.help`)} mono rows="3" ...${more} />`;
const count = (form, name, more) => html`<${NumberField} form=${form} name=${field(name)} label=${t(`config.${name}`)} help=${t(`config.${name}.help`)} min="0" ...${more} />`;
const check = (form, name) => html`<${CheckField} form=${form} name=${field(name)} label=${t(`config.${name}`)} help=${t(`config.${name}.help`)} />`;

const HttpCall = ({ form }) => html`
  <${SelectField} form=${form} name=${field('method')} label=${t('config.method')} options=${['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']} />
  ${text(form, 'url', { required: true, wide: true, type: 'url' })}
  ${area(form, 'headers')}
  ${form.values.jobConfiguration.method !== 'HEAD' && area(form, 'body', { rows: 5 })}
  <details class="more is-wide" open=${['successStatusCodes', 'retryOnStatusCodes', 'signingSecret', 'followRedirects', 'parameters'].some((name) => form.values.jobConfiguration[name])}><summary>${t('config.more')}</summary><div class="form">
    ${text(form, 'successStatusCodes', { placeholder: '200, 201, 204' })}
    ${text(form, 'retryOnStatusCodes', { placeholder: '429, 503' })}
    ${count(form, 'timeoutSeconds', { min: 1 })}
    ${text(form, 'signingSecret', { placeholder: '{{Secret.NAME}}' })}
    ${check(form, 'followRedirects')}
    ${form.values.jobConfiguration.followRedirects && count(form, 'maxRedirects')}
    ${area(form, 'parameters')}
  </div></details>`;

const StoredProcedure = ({ form }) => html`
  ${text(form, 'storedProcedureName', { required: true })}
  ${text(form, 'databaseConnectionStringName', { required: true })}
  ${area(form, 'parameters', { rows: 5 })}
  ${count(form, 'commandTimeoutSeconds', { min: 1 })}`;

const CodeExecution = ({ form }) => html`
  ${text(form, 'handlerType', { required: true })}
  ${text(form, 'methodName')}
  ${area(form, 'parameters', { rows: 5 })}
  <details class="more is-wide" open=${Boolean(form.values.jobConfiguration.environment || form.values.jobConfiguration.workingDirectory)}><summary>${t('config.more')}</summary><div class="form">
    ${area(form, 'environment')}
    ${text(form, 'workingDirectory', { wide: true })}
  </div></details>`;

const packs = ['Archive', 'Compress'];
const moves = ['Move', 'Copy', 'Decompress'];
function FileOperation({ form }) {
  const { operation } = form.values.jobConfiguration;
  return html`
    <${SelectField} form=${form} name=${field('operation')} label=${t('config.operation')} help=${t(`operation.${operation}`)} options=${['Copy', 'Move', 'Delete', 'Compress', 'Archive', 'Decompress']} />
    ${text(form, 'sourcePath', { required: true, wide: true })}
    ${moves.includes(operation) && text(form, 'destinationPath', { required: true, wide: true })}
    ${packs.includes(operation) && text(form, 'archivePath', { required: true, wide: true })}
    ${count(form, 'olderThanHours')}
    ${operation === 'Archive' && count(form, 'deleteAfterDays')}
    <div class="checks is-wide">
      ${operation !== 'Decompress' && check(form, 'recursive')}
      ${['Delete', 'Move', 'Archive'].includes(operation) && check(form, 'deleteEmptyDirectories')}
      ${operation !== 'Delete' && operation !== 'Archive' && check(form, 'overwrite')}
      ${check(form, 'dryRun')}
    </div>`;
}

const byType = { HttpCall, StoredProcedure, CodeExecution, FileOperation };
export const TypeFields = ({ form }) => html`<${byType[form.values.jobType]} form=${form} />`;
