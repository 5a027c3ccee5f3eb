// schema.mjs - does a value fit a JSON schema? For the keywords that api/openapi.yaml uses; another one is an error, so
// that nothing is passed over in silence.
//
//   schemaFaults(openapi, { $ref: '#/components/schemas/Job' }, answer.body)   // ["/name: must be string, not null"]

const silent = new Set(['description', 'examples', 'example', 'default', 'readOnly', 'title']);

const formats = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  date: /^\d{4}-\d\d-\d\d$/,
  uuid: /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/,
  uri: /^[a-z][a-z0-9+.-]*:/i,
  'uri-reference': /^\S*$/,
};

/** The type of a value in JSON's words. */
function typeOf(value) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (Number.isInteger(value)) return 'integer';
  return typeof value;
}

const isObject = (value) => typeOf(value) === 'object';
const fits = (type, value) => type === typeOf(value) || (type === 'number' && typeOf(value) === 'integer');
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const list = (values) => values.map((value) => JSON.stringify(value)).join(', ');
const points = (text) => [...text].length;

export function resolve(root, value) {
  if (value?.$ref === undefined) return value;
  const found = value.$ref.replace(/^#\//, '').split('/').reduce((at, step) => at?.[step], root);
  if (found === undefined) throw new Error(`there is no ${value.$ref}`);
  return resolve(root, found);
}

// Each: (wanted, value, {schema, root, path}) => faults. A keyword for another type of value says nothing, as the standard has it.
const keywords = {
  $ref: (ref, value, { root, path }) => check(root, resolve(root, { $ref: ref }), value, path),
  type(types, value, { path }) {
    const all = [types].flat();
    return all.some((type) => fits(type, value)) ? [] : [`${path}: must be ${all.join(' or ')}, not ${JSON.stringify(value)}`];
  },
  enum: (values, value, { path }) => (values.some((each) => same(each, value)) ? [] : [`${path}: must be one of ${list(values)}, not ${JSON.stringify(value)}`]),
  const: (wanted, value, { path }) => (same(wanted, value) ? [] : [`${path}: must be ${JSON.stringify(wanted)}, not ${JSON.stringify(value)}`]),
  anyOf(choices, value, { root, path }) {
    const faults = choices.map((choice) => check(root, choice, value, path));
    return faults.some((each) => each.length === 0) ? [] : [`${path}: fits none of the alternatives: ${faults.flat().join('; ')}`];
  },
  oneOf(choices, value, { root, path }) {
    const faults = choices.map((choice) => check(root, choice, value, path));
    const count = faults.filter((each) => each.length === 0).length;
    return count === 1 ? [] : [`${path}: fits ${count} of the alternatives: ${faults.flat().join('; ')}`];
  },
  properties: (properties, value, { root, path }) => (isObject(value)
    ? Object.entries(properties).flatMap(([name, schema]) => (Object.hasOwn(value, name) ? check(root, schema, value[name], `${path}/${name}`) : [])) : []),
  required: (names, value, { path }) => (isObject(value) ? names.filter((name) => !Object.hasOwn(value, name)).map((name) => `${path}: ${name} is missing`) : []),
  additionalProperties(schema, value, { schema: { properties = {} }, root, path }) {
    if (!isObject(value)) return [];
    return Object.keys(value).filter((name) => !Object.hasOwn(properties, name)).flatMap((name) => (schema === false
      ? [`${path}: ${name} is not in the description`] : check(root, schema, value[name], `${path}/${name}`)));
  },
  items: (schema, value, { root, path }) => (Array.isArray(value) ? value.flatMap((item, index) => check(root, schema, item, `${path}/${index}`)) : []),
  minItems: (least, value, { path }) => (Array.isArray(value) && value.length < least ? [`${path}: has fewer than ${least} items`] : []),
  maxItems: (most, value, { path }) => (Array.isArray(value) && value.length > most ? [`${path}: has more than ${most} items`] : []),
  minProperties: (least, value, { path }) => (isObject(value) && Object.keys(value).length < least ? [`${path}: has fewer than ${least} members`] : []),
  maxProperties: (most, value, { path }) => (isObject(value) && Object.keys(value).length > most ? [`${path}: has more than ${most} members`] : []),
  minLength: (least, value, { path }) => (typeof value === 'string' && points(value) < least ? [`${path}: is shorter than ${least}`] : []),
  maxLength: (most, value, { path }) => (typeof value === 'string' && points(value) > most ? [`${path}: is longer than ${most}`] : []),
  pattern: (pattern, value, { path }) => (typeof value === 'string' && !new RegExp(pattern, 'u').test(value) ? [`${path}: ${JSON.stringify(value)} does not match ${pattern}`] : []),
  minimum: (least, value, { path }) => (typeof value === 'number' && value < least ? [`${path}: ${value} is less than ${least}`] : []),
  maximum: (most, value, { path }) => (typeof value === 'number' && value > most ? [`${path}: ${value} is more than ${most}`] : []),
  format(format, value, { path }) {
    if (!formats[format]) throw new Error(`${path}: the format ${format} is not known here`);
    return typeof value !== 'string' || formats[format].test(value) ? [] : [`${path}: ${JSON.stringify(value)} is no ${format}`];
  },
};

function check(root, schema, value, path) {
  return Object.entries(schema).flatMap(([keyword, wanted]) => {
    if (silent.has(keyword)) return [];
    if (!keywords[keyword]) throw new Error(`the keyword ${keyword} is not known here`);
    return keywords[keyword](wanted, value, { schema, root, path });
  });
}

/** What is wrong with VALUE, each fault with its place; an empty list when it fits. */
export function schemaFaults(root, schema, value) {
  return check(root, schema, value, '');
}
