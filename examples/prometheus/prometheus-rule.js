'use strict';

// alerts.yaml as the PrometheusRule that the Prometheus Operator takes, in docker/components/monitoring.
//   node examples/prometheus/prometheus-rule.js --write
const fs = require('node:fs');
const path = require('node:path');

const FILE = path.join(__dirname, '..', '..', 'docker', 'components', 'monitoring', 'prometheus-rule.yaml');

const HEAD = `# Made from examples/prometheus/alerts.yaml by examples/prometheus/prometheus-rule.js --write.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: runner-sidecar
  labels:
    app.kubernetes.io/name: runner-sidecar
spec:
`;

/** @returns {string} */
function prometheusRule() {
  const alerts = fs.readFileSync(path.join(__dirname, 'alerts.yaml'), 'utf8');
  const groups = alerts.slice(alerts.indexOf('\ngroups:') + 1).trimEnd();
  return `${HEAD}${groups.split('\n').map((line) => (line === '' ? '' : `  ${line}`)).join('\n')}\n`;
}

if (process.argv.includes('--write')) fs.writeFileSync(FILE, prometheusRule());

module.exports = { prometheusRule, FILE };
