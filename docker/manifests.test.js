'use strict';

// The container files, without a container: they are what the schemas of compose and Kubernetes allow, they agree with
// each other, and a front that is started with a pod's environment answers that pod's probes and its order of stopping.
// scripts/test-container builds and runs the images.

const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { test } = require('node:test');
const { TestProcess } = require('../Tests/support/child-process.js');
const { Front } = require('../Tests/support/front.js');
const { ROOT, frontBinary, shimFolder } = require('../Tests/support/project.js');
const { temporaryFolder } = require('../Tests/support/temporary-folder.js');
const { waitUntil } = require('../Tests/support/wait-until.js');

const KUBERNETES = path.join(__dirname, 'kubernetes');
const VALIDATORS = path.join(ROOT, '.build', 'schemas', 'bin');
/** The oldest with all that the pod asks for: a native sidecar, and `sleep` in preStop. */
const KUBERNETES_OLDEST = '1.30';

const has = (program) => spawnSync(program, ['--help']).error === undefined;
const withoutSchemas = !fs.existsSync(path.join(VALIDATORS, 'kubernetes-validate'))
  && 'the schemas are not installed (scripts/setup --test, which needs PyPI)';
const withoutKubectl = withoutSchemas
  || (!has('kubectl') && 'kubectl, which builds the kustomization, is not installed');

/** @returns {any[]} the documents of a YAML text; read by the YAML reader that came with the schemas */
function readYaml(text) {
  const program = 'import json, sys, yaml; json.dump(list(yaml.safe_load_all(sys.stdin)), sys.stdout)';
  return JSON.parse(execFileSync(path.join(VALIDATORS, 'python'), ['-c', program], { input: text, encoding: 'utf8' }));
}

const read = (...names) => fs.readFileSync(path.join(__dirname, ...names), 'utf8');
const kustomized = () => execFileSync('kubectl', ['kustomize', KUBERNETES], { encoding: 'utf8' });

/** @returns {{ valid: boolean, said: string }} */
function validate(tool, options, text) {
  const file = path.join(temporaryFolder(), 'file.yaml');
  fs.writeFileSync(file, text);
  const { status, stdout, stderr } = spawnSync(path.join(VALIDATORS, tool), [...options, file], { encoding: 'utf8' });
  return { valid: status === 0, said: stdout + stderr };
}

test('compose.yaml is what the compose specification allows', { skip: withoutSchemas }, () => {
  const check = (text) => validate('check-jsonschema', ['--builtin-schema', 'vendor.compose-spec'], text);
  const { valid, said } = check(read('compose.yaml'));
  assert.ok(valid, said);
  assert.ok(!check(read('compose.yaml').replace('read_only: true', 'read_only: [1]')).valid, 'a mistake is noticed');
});

for (const version of [KUBERNETES_OLDEST, undefined]) {
  test(`what the kustomization gives is valid for Kubernetes ${version ?? 'as new as it is known'}, strictly`, {
    skip: withoutKubectl,
  }, () => {
    const options = ['--strict', ...version ? ['--kubernetes-version', version] : []];
    const { valid, said } = validate('kubernetes-validate', options, kustomized());
    assert.ok(valid, said);
    const mistaken = validate('kubernetes-validate', options, kustomized().replace('startupProbe', 'startProbe'));
    assert.match(mistaken.said, /startProbe/);
  });
}

test('the kustomization leaves no file of its folder out', { skip: withoutSchemas }, () => {
  const [{ resources }] = readYaml(read('kubernetes', 'kustomization.yaml'));
  const files = fs.readdirSync(KUBERNETES).filter((file) => file !== 'kustomization.yaml');
  assert.deepEqual([...resources].sort(), files.sort());
});

/** A Deployment as it was before: the app's container, with a volume and a variable of its own. */
const EXISTING = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec:
      containers:
        - name: app
          image: shop:1
          env: [{ name: MODE, value: production }]
          volumeMounts: [{ name: data, mountPath: /data }]
      volumes: [{ name: data, emptyDir: {} }]
`;

/** What `kubectl kustomize` makes of it with these components. */
function withComponents(names) {
  const folder = temporaryFolder();
  fs.cpSync(path.join(__dirname, 'components'), path.join(folder, 'components'), { recursive: true });
  fs.mkdirSync(path.join(folder, 'shop'));
  fs.writeFileSync(path.join(folder, 'shop', 'deployment.yaml'), EXISTING);
  fs.writeFileSync(path.join(folder, 'shop', 'kustomization.yaml'), JSON.stringify({
    resources: ['deployment.yaml'], components: names.map((name) => `../components/${name}`),
  }));
  return execFileSync('kubectl', ['kustomize', path.join(folder, 'shop')], { encoding: 'utf8' });
}

test('the component adds to an existing Deployment the sidecar of the pod here, and takes nothing away', {
  skip: withoutKubectl,
}, () => {
  const text = withComponents(['sidecar']);
  const options = ['--strict', '--kubernetes-version', KUBERNETES_OLDEST];
  const { valid, said } = validate('kubernetes-validate', options, text);
  assert.ok(valid, said);
  const [{ spec: { template: { metadata, spec } } }] = readYaml(text);
  assert.deepEqual(spec.initContainers, [pod().sidecar]);
  const [app] = spec.containers;
  const mounts = app.volumeMounts.map(({ mountPath }) => mountPath);
  assert.deepEqual(mounts.sort(), ['/data', pod().sidecar.volumeMounts[0].mountPath]);
  assert.deepEqual(app.env.map(({ name }) => name).sort(), ['MODE', 'RUNNER_SIDECAR_SOCKET']);
  assert.equal(app.securityContext.runAsGroup, pod().app.securityContext.runAsGroup);
  assert.deepEqual(app.lifecycle, pod().app.lifecycle);
  assert.equal(metadata.labels.app, 'shop');
  const volume = ({ name }) => name === 'bridge';
  assert.deepEqual(spec.volumes.find(volume), pod().spec.volumes.find(volume));
  for (const key of ['terminationGracePeriodSeconds']) assert.equal(spec[key], pod().spec[key], key);
});

test('the PodMonitor finds the pods that the component and the pod here mark, at their admin port', {
  skip: withoutKubectl,
}, () => {
  const documents = readYaml(withComponents(['sidecar', 'monitoring']));
  const [deployment, monitor, rule] = ['Deployment', 'PodMonitor', 'PrometheusRule'].map((wanted) => (
    documents.find(({ kind }) => kind === wanted)
  ));
  const [here] = readYaml(read('kubernetes', 'deployment.yaml'));
  for (const { spec: { template: { metadata: { labels } } } } of [deployment, here]) {
    for (const [name, value] of Object.entries(monitor.spec.selector.matchLabels)) assert.equal(labels[name], value);
  }
  const [{ port, path: target }] = monitor.spec.podMetricsEndpoints;
  assert.ok(pod().sidecar.ports.some(({ name }) => name === port));
  assert.equal(target, '/metrics');
  assert.ok(rule.spec.groups[0].rules.length > 5);
});

test('what the front may hold in memory fits into what the pod gives it, with half of it to spare', {
  skip: withoutSchemas,
}, () => {
  const { status, stdout, stderr } = spawnSync(frontBinary(), ['serve', '--print-config'], {
    env: podEnvironment(), encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  const bytes = ['queue-bytes', 'body-bytes', 'unread-bytes'].map((name) => {
    const [, mebibytes] = new RegExp(`^${name}: (\\d+)MiB  # environment`, 'm').exec(stdout);
    return Number(mebibytes);
  });
  const [, limit] = /^(\d+)Mi$/.exec(pod().sidecar.resources.limits.memory);
  assert.ok(bytes.reduce((sum, each) => sum + each) <= Number(limit) / 2, `${bytes} of ${limit} MiB`);
});

/** `ENV A=1 \⏎ B=2` of the front's image. */
function imageEnvironment() {
  const [, text] = /^ENV ((?:.*\\\n)*.*)$/m.exec(read('Dockerfile'));
  return Object.fromEntries([...text.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
}

function pod() {
  const [deployment] = readYaml(read('kubernetes', 'deployment.yaml'));
  const { spec } = deployment.spec.template;
  return { spec, sidecar: spec.initContainers[0], app: spec.containers[0] };
}

function podEnvironment() {
  const own = Object.fromEntries(pod().sidecar.env.map(({ name, value }) => [name, value]));
  return { ...imageEnvironment(), ...own };
}

test('every variable that image and pod set is an option of the front, and decides it', {
  skip: withoutSchemas,
}, () => {
  const env = podEnvironment();
  const { status, stdout, stderr } = spawnSync(frontBinary(), ['serve', '--print-config'], { env, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  for (const name of Object.keys(env)) assert.ok(stdout.includes(`environment: ${name}`), `${name}:\n${stdout}`);
});

test('the build of the image gets every folder that the Swift package has targets in', () => {
  const manifest = fs.readFileSync(path.join(ROOT, 'Package.swift'), 'utf8');
  const named = [...manifest.matchAll(/\bpath: "([^"]+)"/g)].map(([, folder]) => folder);
  const copied = [...read('Dockerfile').matchAll(/^COPY (\S+) \.\/\1$/gm)].map(([, folder]) => folder);
  const isCopied = (folder) => copied.some((top) => folder === top || folder.startsWith(`${top}/`));
  assert.deepEqual(['Sources', 'Tests', ...named].filter((folder) => !isCopied(folder)), []);
});

test('image, compose file and pod agree on users, group, socket and ports', { skip: withoutSchemas }, () => {
  const [{ services, volumes }] = readYaml(read('compose.yaml'));
  const { spec, sidecar, app } = pod();
  const userOf = ({ securityContext }) => `${securityContext.runAsUser}:${securityContext.runAsGroup}`;
  const [, imageUser] = /^USER (\S+)/m.exec(read('Dockerfile'));
  const [, appUser] = /^USER (\S+)/m.exec(read('app', 'Dockerfile'));
  assert.deepEqual([imageUser, services.sidecar.user, userOf(sidecar)], Array(3).fill('65532:7071'));
  assert.deepEqual([appUser, services.app.user, userOf(app)], Array(3).fill('1000:7071'));
  assert.equal(spec.securityContext.fsGroup, 7071);
  assert.match(volumes.bridge.driver_opts.o, /uid=65532,gid=7071/);

  const env = podEnvironment();
  assert.equal(env.RUNNER_SIDECAR_SOCKET_ALLOW_GID, '7071');
  const folder = path.dirname(env.RUNNER_SIDECAR_SOCKET);
  for (const container of [sidecar, app]) assert.equal(container.volumeMounts[0].mountPath, folder);
  for (const service of Object.values(services)) assert.deepEqual(service.volumes, [`bridge:${folder}`]);
  assert.ok(read('app', 'Dockerfile').includes(env.RUNNER_SIDECAR_SOCKET));
  const ports = sidecar.ports.map(({ containerPort }) => containerPort);
  // The image says the address only, so that `-e PORT=8080` is understood; 7071 is the default of --listen.
  const listen = env.RUNNER_SIDECAR_LISTEN ?? `${env.RUNNER_SIDECAR_LISTEN_HOST}:7071`;
  assert.deepEqual([listen, env.RUNNER_SIDECAR_ADMIN], ports.map((port) => `0.0.0.0:${port}`));
});

test('`docker run -e PORT=8080` listens on that port of all interfaces', () => {
  const image = Object.fromEntries([...read('Dockerfile').matchAll(/(RUNNER_SIDECAR_\w+)=(\S+)/g)].map(
    ([, name, value]) => [name, value],
  ));
  const { stdout } = spawnSync(frontBinary(), ['serve', '--print-config'], {
    encoding: 'utf8', env: { ...image, PORT: '8080' },
  });
  assert.match(stdout, /^listen: \['0\.0\.0\.0:8080'\] {2}# environment: PORT$/m);
});

/** As a kubelet asks: by the address of the pod. @returns {Promise<number>} the status */
function probe(front, { httpGet }) {
  return new Promise((resolve, reject) => {
    const headers = { host: '10.244.1.7:7072', 'user-agent': 'kube-probe/1.30' };
    const request = http.get({ host: '127.0.0.1', port: front.adminPort, path: httpGet.path, headers, agent: false });
    request.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
  });
}

/** Starts the app of this folder as its image does. */
async function startApp(front) {
  const command = path.join(shimFolder(), 'bin', 'runner-sidecar-shim.js');
  const app = new TestProcess('app', process.execPath, [
    command, path.join(__dirname, 'app/app.js'), '--socket', front.socket,
  ]);
  await front.workersReady();
  return app;
}

function post(port, id, input) {
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1', port, method: 'POST', path: `/__runner/task/${id}`, agent: false,
    });
    request.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
    request.end(JSON.stringify({ input }));
  });
}

test('the pod\'s probes: started and alive without an app, ready with one, all through its end', {
  skip: withoutSchemas, timeout: 60_000,
}, async () => {
  const { sidecar, app: { lifecycle }, spec } = pod();
  const { startupProbe, livenessProbe, readinessProbe } = sidecar;
  const front = await Front.start();
  let app;
  try {
    assert.equal(await probe(front, startupProbe), 200, 'the app starts only after this');
    assert.equal(await probe(front, livenessProbe), 200);
    assert.equal(await probe(front, readinessProbe), 503);
    app = await startApp(front);
    assert.equal(await probe(front, readinessProbe), 200);

    // A pod that is to go: preStop waits, the app gets SIGTERM, and once it has left, the front does.
    assert.ok(lifecycle.preStop.sleep.seconds < spec.terminationGracePeriodSeconds);
    const running = post(front.port, 'app.tasks.wait', { milliseconds: 500 });
    await waitUntil('the app works', async () => (await front.underWay()).withWorkers === 1);
    app.kill('SIGTERM');
    assert.equal(await running, 200, 'what the app had begun is answered');
    assert.deepEqual(await app.exit, { code: 0, signal: null });
    assert.equal(await probe(front, livenessProbe), 200, 'the front is not restarted for want of an app');
    assert.deepEqual(await front.stop(), { code: 0, signal: null });
  } finally {
    await app?.stop();
    await front.stop();
  }
});
